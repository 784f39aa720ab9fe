"""Classes that are never there are named: in the data, and in what an epoch drew."""

import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from mmengine.dataset import DefaultSampler

from clef_mm import distributed
from clef_mm.datasets import BP4D
from clef_mm.engine import Runner
from clef_mm.engine.hooks import LabelPresenceHook
from clef_mm.engine.hooks.label_presence_hook import absent_classes
from clef_mm.structures import FaceSample

NAMES = {
    'au_names': ('AU1', 'AU2', 'AU4'),
    'expressions': ('neutral', 'happy', 'sad'),
    'activities': ('joy', 'surprise', 'pain'),
}
COLUMN = {
    'au_names': 'gt_aus',
    'expressions': 'gt_expression',
    'activities': 'activity',
}
CURE = {
    'au_names': 'ActionUnitBalancedSampler',
    'expressions': 'ClassBalancedSampler',
    'activities': 'ActivityBalancedSampler',
}


def slow(labels, classes):
    absent, uncoded = [], []
    for index in range(classes):
        values = [row[index] for row in labels.tolist()]
        if 1 not in values:
            (absent if 0 in values else uncoded).append(index)
    return absent, uncoded


@pytest.mark.parametrize('seed', range(20))
def test_absent_units_equal_those_of_a_loop(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 2, (rng.integers(1, 4), 12)).astype(np.int8)
    assert absent_classes(labels, 12) == slow(labels, 12)


def test_absent_expressions():
    assert absent_classes(np.array([3, 0, -1, 3]), 5) == ([1, 2, 4], [])
    assert absent_classes(np.array([-1]), 2) == ([0, 1], [])


def test_a_large_dataset_takes_little_time():
    labels = np.zeros((300_000, 12), np.int8)  # nothing is found: the slowest case
    times = []
    for _ in range(5):
        start = time.process_time()
        absent_classes(labels, 12)
        times.append(time.process_time() - start)
    assert min(times) < 0.05


# The hook alone, with what it looks at of a run.


def dataset(kind, labels, split='train'):
    meta = dict(dataset='Toy', split=split, fold=2, synthetic=False)
    made = SimpleNamespace(
        metainfo=meta,
        OFFICIAL_PARTS=None,
        share=1,
        people=lambda: {'Toy/A', 'Toy/B'},
        column=lambda name: {COLUMN[kind]: np.asarray(labels)}[name],
    )
    made.parts = (made,)
    return made


def runner_of(kind, train=None, val=None, test=None, **model):
    log = []
    sampler = DefaultSampler(range(4))
    batches = SimpleNamespace(sampler=sampler)

    class Loader(list):
        batch_sampler = batches

    def loader(of):
        made = Loader([0] * 3)
        made.dataset = of
        return made

    names = (kind, NAMES[kind]) if kind else None
    return SimpleNamespace(
        plain_model=SimpleNamespace(label_names=names, **model),
        train_dataloader=loader(train),
        val_dataloader=loader(val),
        test_dataloader=loader(test),
        val_loop=None if val is None else object(),
        logger=SimpleNamespace(warning=log.append),
        log=log,
        epoch=0,
        iter=0,
    )


def test_units_absent_or_not_coded_in_training_are_named():
    train = dataset('au_names', [[1, 0, -1], [0, -1, -1]])
    runner = runner_of('au_names', train)
    LabelPresenceHook().before_train(runner)
    absent, uncoded = runner.log
    assert absent.startswith('AU2: never present in Toy train of fold 2 (2 subjects). ')
    assert uncoded.startswith('AU4: not coded in Toy train of fold 2 (2 subjects). ')
    assert 'cannot be learnt' in absent


@pytest.mark.parametrize('kind', ['expressions', 'activities'])
def test_classes_absent_in_training_are_named(kind):
    runner = runner_of(kind, dataset(kind, [1, 1, -1]))
    LabelPresenceHook().before_train(runner)
    (warning,) = runner.log
    first, _, third = NAMES[kind]
    assert warning.startswith(f'{first}, {third}: never present in Toy train')


def test_what_is_there_is_not_warned_of():
    train = dataset('au_names', [[1, 1, -1], [0, -1, 1]])
    runner = runner_of('au_names', train, val=train, test=train)
    hook = LabelPresenceHook()
    hook.before_train(runner)
    hook.before_val(runner)
    hook.before_test(runner)
    assert not runner.log


def test_a_validation_is_warned_of_once_and_before_training():
    full = dataset('au_names', [[1, 1, 1]])
    val = dataset('au_names', [[1, 0, 1]], 'val')
    runner = runner_of('au_names', full, val)
    hook = LabelPresenceHook()
    hook.before_train(runner)
    assert len(runner.log) == 1
    assert runner.log[0].startswith('AU2: never present in Toy val of fold 2')
    hook.before_val(runner)
    hook.before_val(runner)
    assert len(runner.log) == 1


@pytest.mark.parametrize('stage', ['val', 'test'])
def test_a_fold_without_a_class_is_warned_of_without_a_training(stage):
    lacking = dataset('expressions', [0, 2, 2], stage)
    runner = runner_of('expressions', **{stage: lacking})
    getattr(LabelPresenceHook(), f'before_{stage}')(runner)
    assert runner.log[0].startswith(f'happy: never present in Toy {stage} of fold 2')
    assert 'Their scores say nothing there' in runner.log[0]


def test_a_model_without_labels_is_left_alone():
    runner = runner_of(None)
    hook = LabelPresenceHook()
    hook.before_train(runner)
    hook.before_test(runner)
    run_epoch(hook, runner, [[FaceSample(caption='a face')]])
    assert not runner.log


def samples(kind, labels):
    values = [np.array(v, np.int8) for v in labels] if kind == 'au_names' else labels
    return [FaceSample(**{COLUMN[kind]: value}) for value in values]


def run_epoch(hook, runner, batches):
    hook.before_train_epoch(runner)
    for number, batch in enumerate(batches):
        hook.after_train_iter(runner, number, {'data_samples': batch})
        runner.iter += 1
    hook.after_train_epoch(runner)
    runner.epoch += 1


EPOCHS = {
    'au_names': ([[1, 1, 1]], [[[1, 0, 0], [0, -1, 0]], [[0, 0, 1]]]),
    'expressions': ([0, 1, 2], [[0, 0], [2]]),
    'activities': ([0, 1, 2], [[0, 0], [2]]),
}


@pytest.mark.parametrize('kind', EPOCHS)
def test_a_class_that_an_epoch_does_not_draw_is_named(kind):
    labels, batches = EPOCHS[kind]
    runner = runner_of(kind, dataset(kind, labels))
    runner.train_dataloader.append(0)
    del runner.train_dataloader[2:]  # two batches an epoch
    hook = LabelPresenceHook()
    hook.before_train(runner)
    batches = [samples(kind, batch) for batch in batches]
    run_epoch(hook, runner, batches)
    name = NAMES[kind][1]
    assert runner.log == [
        f'epoch 1: no image that DefaultSampler drew shows {name}. {CURE[kind]} draws '
        'them in each epoch'
    ]
    run_epoch(hook, runner, [*batches[:1], samples(kind, labels)])  # now all are drawn
    assert len(runner.log) == 1


def test_a_class_that_the_data_lacks_is_not_missed_in_each_epoch():
    runner = runner_of('expressions', dataset('expressions', [0, 1]))
    hook = LabelPresenceHook()
    hook.before_train(runner)
    told = list(runner.log)
    assert len(told) == 1
    run_epoch(hook, runner, [samples('expressions', [0, 1])])
    assert runner.log == told


def test_an_epoch_that_goes_on_after_a_stop_is_not_judged():
    """Its first batches were seen by a process that is gone."""
    train = dataset('activities', [0, 1, 2])
    runner = runner_of('activities', train, pairing='activity')
    runner.iter = 1
    hook = LabelPresenceHook()
    hook.before_train(runner)
    run_epoch(hook, runner, [samples('activities', [0])] * 2)
    assert not runner.log
    run_epoch(hook, runner, [samples('activities', [0])] * 3)  # the next one is
    assert [text[:7] for text in runner.log] == ['epoch 2', 'epoch 2']


@pytest.mark.parametrize(
    ('batches', 'pairing', 'warned'),
    [
        ([[0, 1, 2], [2, 1, 0]], 'activity', True),
        ([[0], [1, 2]], 'activity', True),
        ([[0, 1, 2], [2, 1, 2]], 'activity', False),
        ([[0, 0, 1], [2, 1, 0]], 'activity', False),
        ([[0, 1, 2], [2, 1, 0]], 'image', False),  # SimCLR has no others on purpose
    ],
)
def test_an_epoch_without_positives_is_warned_of(batches, pairing, warned):
    train = dataset('activities', [0, 1, 2])
    runner = runner_of('activities', train, pairing=pairing)
    hook = LabelPresenceHook()
    hook.before_train(runner)
    run_epoch(hook, runner, [samples('activities', batch) for batch in batches])
    assert bool(runner.log) == warned
    if warned:
        (warning,) = runner.log
        assert warning.startswith('epoch 1 had no positives: no batch of Default')
        assert 'dict(type=ActivityBalancedSampler)' in warning


@pytest.mark.parametrize(
    ('others', 'warned'), [([[1], [0]], True), ([[1], [1]], False), (None, False)]
)
def test_positives_of_other_processes_count(others, warned, monkeypatch):
    """Here activities 0 and then 1 alone; there ``others``, None if it has pairs."""
    monkeypatch.setattr(
        distributed, 'gather_objects', lambda mine: [mine, ({1, 2}, others)]
    )
    train = dataset('activities', [0, 1, 2])
    runner = runner_of('activities', train, pairing='activity')
    hook = LabelPresenceHook()
    hook.before_train(runner)
    run_epoch(hook, runner, [samples('activities', [0]), samples('activities', [1])])
    missed, *unpaired = runner.log
    assert 'shows pain. ' in missed  # what neither drew
    assert bool(unpaired) == warned


# With real parts.


def test_a_dataset_on_disk(synthetic_bp4d):
    data = BP4D(synthetic_bp4d, subjects=['F001', 'F002'])
    names = data.metainfo['au_names']
    data.column('gt_aus')[:, 3] = 0
    data.column('gt_aus')[:, 5] = -1
    runner = runner_of('au_names', data)
    runner.plain_model.label_names = ('au_names', names)
    LabelPresenceHook().before_train(runner)
    assert any(line.startswith(f'{names[5]}: not coded in BP4D') for line in runner.log)
    absent = next(line for line in runner.log if 'never present' in line)
    assert names[3] in absent.partition(':')[0].split(', ')
    assert '[SYNTHETIC stand-in]' in absent


def test_a_run_of_stage_1_without_positives(demo_config):
    config = demo_config('pretrain', **{'train_cfg.max_epochs': 1})
    loader = config.train_dataloader
    loader.sampler = dict(type='DefaultSampler', shuffle=True)
    loader.batch_size = 1
    loader.dataset.share = 0.1
    runner = Runner.from_cfg(config)
    runner.train()
    log = next(Path(runner.work_dir).rglob('*.log')).read_text()
    assert log.count('epoch 1 had no positives: no batch of DefaultSampler') == 1
