"""Runs that train on some datasets and test on another, on small rendered trees."""

from pathlib import Path

import numpy as np
import pytest
import torch

from clef_mm.engine import Runner
from clef_mm.engine.browse import captions, first_images
from clef_mm.engine.hooks.run_plan_hook import LabelMismatchError
from clef_mm.engine.provenance import KEY, SubjectLeakError, describe_split

SHARED = ['AU1', 'AU2', 'AU4', 'AU6', 'AU12']
UNION = [*SHARED, 'AU7', 'AU9']


@pytest.fixture(scope='module')
def trees(synthetic_bp4d, tmp_path_factory):
    """Rendered BP4D, BP4D+ and DISFA of a few people, 32 px."""
    from clef_mm.datasets.synthetic import write_bp4d_plus, write_disfa

    root = tmp_path_factory.mktemp('cross')
    options = dict(size=32, workers=1, landmarks=False)
    write_bp4d_plus(
        root / 'bp4d_plus', subjects=['F001', 'M002'], frames_per_sequence=2, **options
    )
    write_disfa(
        root / 'disfa',
        subjects=['SN001', 'SN002', 'SN003'],
        frames_per_video=16,
        cameras=['left'],
        **options,
    )
    return {
        'BP4D': synthetic_bp4d,
        'BP4DPlus': root / 'bp4d_plus',
        'DISFA': root / 'disfa',
    }


@pytest.fixture
def cross(demo_config, trees):
    """Return a maker of small configs: parts to train on, the dataset to test on."""

    def make(train, test, au_names=SHARED, test_names=None, **options):
        config = demo_config('finetune', **{'train_cfg.max_epochs': 1, **options})
        pipeline = config.train_dataloader.dataset.pipeline

        def part(kind, names=au_names, **more):
            return dict(
                type=kind,
                data_root=str(trees[kind]),
                au_names=list(names),
                allow_uncoded=True,
                pipeline=pipeline,
                **more,
            )

        parts = [part(kind) for kind in train]
        config.train_dataloader.dataset = (
            parts[0] if len(parts) == 1 else dict(type='JoinedDataset', datasets=parts)
        )
        config.test_dataloader.dataset = part(test, test_names or au_names)
        config.model.classes = list(au_names)
        for key in ('val_dataloader', 'val_evaluator', 'val_cfg'):
            config.pop(key)
        config.default_hooks.checkpoint.save_best = None
        return config

    return make


def log_of(config):
    return '\n'.join(path.read_text() for path in Path(config.work_dir).rglob('*.log'))


def trained(config):
    Runner.from_cfg(config).train()
    return Path(config.work_dir, 'epoch_1.pth')


def scores_of(config, checkpoint):
    config.load_from = str(checkpoint)
    config.work_dir += '_test'
    return Runner.from_cfg(config).test()


def test_from_bp4d_to_disfa(cross):
    config = cross(['BP4D'], 'DISFA')
    metrics = scores_of(cross(['BP4D'], 'DISFA'), trained(config))
    assert {f'au_f1/{name}' for name in SHARED} < set(metrics)
    assert 'au_f1/AU7' not in metrics
    log = log_of(config)
    assert 'test   DISFA all (3 subjects) [SYNTHETIC stand-in]: not touched now' in log
    assert 'DISFA all (3 subjects) [SYNTHETIC stand-in] is cropped as released' in log


@pytest.mark.slow
def test_everybody_of_another_dataset_may_be_tested_and_nobody_of_ones_own(cross):
    """Both have an F001 and an M002; they are different people."""
    checkpoint = trained(cross(['BP4D'], 'BP4DPlus'))
    seen = torch.load(checkpoint, weights_only=True)['meta'][KEY]['seen_subjects']
    assert {'synthetic BP4D/F001', 'synthetic BP4D/M002'} <= set(seen)
    scores_of(cross(['BP4D'], 'BP4DPlus'), checkpoint)
    with pytest.raises(
        SubjectLeakError, match=r'10 test subjects.*synthetic BP4D/F001'
    ):
        scores_of(cross(['BP4DPlus'], 'BP4D'), checkpoint)
    with pytest.raises(
        SubjectLeakError, match=r'10 test subjects were trained on by th'
    ):
        trained(cross(['BP4D'], 'BP4D', work_dir='own'))


def test_two_datasets_joined_and_a_third_tested(cross):
    config = cross(['BP4D', 'DISFA'], 'BP4DPlus', UNION, work_dir='joined')
    config.train_dataloader.sampler = dict(type='DatasetBalancedSampler')
    checkpoint = trained(config)
    meta = torch.load(checkpoint, weights_only=True)['meta'][KEY]
    assert meta['dataset'] == 'BP4D + DISFA'
    assert meta['split'] == [
        'BP4D all (10 subjects) [SYNTHETIC stand-in] + '
        'DISFA all (3 subjects) [SYNTHETIC stand-in]'
    ]
    assert len(meta['seen_subjects']) == 13
    assert meta['sampling'].startswith('dataset-balanced, BP4D and DISFA, 4')
    log = log_of(config)
    for line in (
        'part   BP4D all (10 subjects)',
        'people SN001 SN002 SN003',
        'not coded, unknown in every frame: AU9',
        'not coded, unknown in every frame: AU7',
        'class weights from the training labels: AU1 ',
        'is cropped as released (no crop policy); what it is joined with: as released',
    ):
        assert line in log, line


@pytest.mark.slow
def test_a_unit_that_the_tested_dataset_does_not_code_is_not_measured(cross):
    checkpoint = trained(cross(['BP4D', 'DISFA'], 'BP4DPlus', UNION))
    metrics = scores_of(cross(['BP4D', 'DISFA'], 'BP4DPlus', UNION), checkpoint)
    assert np.isnan(metrics['au_f1/AU9'])
    measured = [metrics[f'au_f1/{name}'] for name in UNION if name != 'AU9']
    assert metrics['au_f1/mean'] == pytest.approx(np.mean(measured))


def test_a_part_of_the_joined_is_not_tested(cross):
    with pytest.raises(
        SubjectLeakError, match=r'3 test subjects.*synthetic DISFA/SN001'
    ):
        trained(cross(['BP4D', 'DISFA'], 'DISFA'))


def test_other_labels_than_those_of_the_model_are_refused(cross):
    config = cross(['BP4D'], 'DISFA')
    checkpoint = trained(config)
    for names in (SHARED[:4], SHARED[::-1], UNION):
        with pytest.raises(LabelMismatchError, match='the same, in order'):
            scores_of(cross(['BP4D'], 'DISFA', test_names=names), checkpoint)


def test_validation_needs_the_labels_of_the_model_too(cross):
    config = cross(['BP4D'], 'BP4DPlus')
    config.val_dataloader = dict(
        config.test_dataloader, dataset=dict(config.test_dataloader.dataset)
    )
    config.val_dataloader.dataset = dict(
        config.val_dataloader.dataset, au_names=SHARED[:3]
    )
    config.val_evaluator = config.test_evaluator
    config.val_cfg = dict()
    with pytest.raises(LabelMismatchError, match=r'AU1, AU2, AU4. They must be'):
        trained(config)


def test_first_images_of_a_joined_dataset(cross):
    config = cross(['BP4D', 'DISFA'], 'BP4DPlus', UNION)
    config.train_dataloader.sampler = dict(type='DatasetBalancedSampler')
    seen = first_images(config, 'train', 12, seed=0)
    of = [sample.subject.rpartition('/')[0] for sample in seen.samples]
    assert {'synthetic BP4D', 'synthetic DISFA'} == set(of)
    assert 5 <= of.count('synthetic BP4D') <= 7
    assert 'BP4D all' in describe_split(seen.dataset)
    for sample in seen.samples:
        unknown = 'AU9?' if 'BP4D' in sample.subject else 'AU7?'
        assert unknown in captions(sample, seen.dataset.metainfo)[-1]


def test_training_on_joined_parts_is_training_on_their_images(cross, trees):
    """With the plain order, a batch of the joined dataset is that of the parts."""
    config = cross(['DISFA', 'BP4D'], 'BP4DPlus')
    config.train_dataloader.sampler = dict(type='DefaultSampler', shuffle=False)
    joined = first_images(config, 'train', 60, seed=0)
    alone = cross(['DISFA'], 'BP4DPlus')
    alone.train_dataloader.sampler = dict(type='DefaultSampler', shuffle=False)
    first = first_images(alone, 'train', 48, seed=0)
    np.testing.assert_array_equal(joined.views[:48], first.views)
    names = [sample.name.removeprefix('synthetic DISFA/') for sample in joined.samples]
    assert names[:48] == [sample.name for sample in first.samples]
