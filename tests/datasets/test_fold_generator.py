"""Generated parts: subject-exclusive, alike, and the same for the same seed."""

import itertools
import json
from collections import Counter

import numpy as np
import pytest

from clef_mm.datasets.fold_generator import generate_folds, imbalance
from clef_mm.datasets.fold_presets import SplitError, find_preset
from clef_mm.datasets.folds import get_fold, sex_of
from clef_mm.datasets.subject_counts import SubjectCounts

RATES = np.array([0.21, 0.17, 0.46, 0.55, 0.15, 0.04])


def make_counts(dataset='BP4D', seed=1):
    """Return people who differ as much as in BP4D, one in six frames uncoded."""
    rng = np.random.default_rng(seed)
    subjects = find_preset(dataset).subjects
    shape = (len(subjects), len(RATES))
    frames = rng.integers(2000, 5000, len(subjects))
    known = rng.binomial(frames[:, None], 5 / 6, shape)
    own_rates = rng.beta(3 * RATES, 3 * (1 - RATES), shape)
    names = tuple(f'AU{n}' for n in range(1, 7))
    positives = rng.binomial(known, own_rates)
    return SubjectCounts(subjects, names, positives, known, frames)


def random_parts(counts, num_parts, rng):
    return [
        list(p) for p in np.array_split(rng.permutation(counts.subjects), num_parts)
    ]


def rate_spread(counts, parts):
    """Return the worst difference of an AU rate from everyone's, relative to it."""
    rates = np.array([counts.take(part).rates() for part in parts])
    return np.abs(rates / counts.rates() - 1).max()


CASES = [('BP4D', 3), ('BP4DPlus', 4), ('DISFA', 3), ('BP4D', 2)]


@pytest.mark.parametrize(('dataset', 'num_parts'), CASES)
def test_parts_are_more_alike_than_random_ones(dataset, num_parts):
    counts = make_counts(dataset)
    made = generate_folds(dataset, counts, num_parts)
    rng = np.random.default_rng(7)
    drawn = [random_parts(counts, num_parts, rng) for _ in range(200)]
    costs = [imbalance(counts, parts) for parts in drawn]
    assert made.cost < 0.1 * np.median(costs)
    assert made.cost < min(costs)
    spreads = [rate_spread(counts, parts) for parts in drawn]
    assert rate_spread(counts, made.preset.parts) < 0.5 * np.median(spreads)


@pytest.mark.parametrize(('dataset', 'num_parts'), [*CASES, ('BP4D', 41)])
def test_everyone_is_in_one_part_and_sexes_are_equal(dataset, num_parts):
    counts = make_counts(dataset)
    parts = generate_folds(dataset, counts, num_parts).preset.parts
    assert len(parts) == num_parts
    assert sorted(name for part in parts for name in part) == list(counts.subjects)
    for members in (lambda name: True, *(lambda n, s=s: sex_of(n) == s for s in 'FM')):
        sizes = [sum(map(members, part)) for part in parts]
        assert max(sizes) - min(sizes) <= 1


def slow_cost(counts, parts):
    """Write the documented formula out."""
    rows = {name: row for row, name in enumerate(counts.subjects)}
    num_parts = len(parts)
    unit_terms = []
    for unit in range(len(counts.au_names)):
        total = counts.positives[:, unit].sum()
        if not total:
            continue
        rate = total / counts.known[:, unit].sum()
        for part in parts:
            own = [rows[name] for name in part]
            present = counts.positives[own, unit].sum()
            coded = counts.known[own, unit].sum()
            unit_terms.append(((present - rate * coded) / (total / num_parts)) ** 2)
    mean_frames = counts.frames.sum() / num_parts
    frame_terms = [
        (sum(counts.frames[rows[name]] for name in part) / mean_frames - 1) ** 2
        for part in parts
    ]
    return np.mean(unit_terms) + np.mean(frame_terms)


@pytest.mark.parametrize('num_parts', [2, 3, 5])
def test_the_cost_is_the_documented_one(num_parts):
    counts = make_counts()
    counts.positives[:, 2] = 0  # an AU that nobody shows
    counts.known[:, 3] = counts.positives[:, 3] = 0  # one that was never coded
    parts = random_parts(counts, num_parts, np.random.default_rng(2))
    assert imbalance(counts, parts) == pytest.approx(slow_cost(counts, parts))
    made = generate_folds('BP4D', counts, num_parts)
    assert made.cost == pytest.approx(slow_cost(counts, made.preset.parts))


def test_the_best_of_all_divisions_of_a_few_people_is_found():
    everyone = make_counts('DISFA', seed=4)
    counts = everyone.take(everyone.subjects[:10])
    halves = itertools.combinations(counts.subjects, 5)
    rest = [(half, sorted(set(counts.subjects) - set(half))) for half in halves]
    best = min(imbalance(counts, parts) for parts in rest)
    assert generate_folds('DISFA', counts, 2).cost == pytest.approx(best)


def test_people_who_are_all_alike_cost_nothing():
    subjects = tuple('abcdefgh')
    ones = np.ones((8, 1), int)
    counts = SubjectCounts(subjects, ('AU1',), ones, 4 * ones, 4 * ones[:, 0])
    assert generate_folds('mine', counts, 4).cost == pytest.approx(0, abs=1e-12)


def test_no_swap_of_two_women_or_two_men_helps():
    counts = make_counts()
    made = generate_folds('BP4D', counts, 3)
    part_of = {name: p for p, part in enumerate(made.preset.parts) for name in part}
    for one, other in itertools.combinations(counts.subjects, 2):
        if sex_of(one) != sex_of(other) or part_of[one] == part_of[other]:
            continue
        swap = {one: other, other: one}
        parts = [[swap.get(name, name) for name in part] for part in made.preset.parts]
        assert imbalance(counts, parts) >= made.cost - 1e-9


def test_same_seed_same_file_whatever_the_order_of_the_subjects(tmp_path):
    counts = make_counts()
    shuffled = counts.take(np.random.default_rng(3).permutation(counts.subjects))
    for name, source in (('one', counts), ('two', shuffled)):
        generate_folds('BP4D', source, 3, seed=5).write(tmp_path / f'{name}.json')
    one, two = (tmp_path / f'{name}.json' for name in ('one', 'two'))
    assert one.read_bytes() == two.read_bytes()
    ids = {generate_folds('BP4D', counts, 3, seed=seed).preset.id for seed in range(5)}
    assert len(ids) > 1


def test_the_file_says_what_was_done_and_is_read_back(tmp_path):
    counts = make_counts()
    made = generate_folds('BP4D', counts, 3, seed=2)
    made.write(tmp_path / 'new' / 'split.json')
    path = str(tmp_path / 'new' / 'split.json')
    assert find_preset('bp4d', path) == made.preset
    content = json.loads((tmp_path / 'new' / 'split.json').read_text())
    assert content['id'] == made.preset.id
    assert (content['dataset'], content['seed']) == ('BP4D', 2)
    assert content['cost'] == pytest.approx(imbalance(counts, content['parts']), 1e-5)
    for part, row in zip(content['parts'], content['statistics'], strict=True):
        sexes = Counter(name[0] for name in part)
        assert (row['women'], row['men']) == (sexes['F'], sexes['M'])
        assert row['subjects'] == len(part)
        own = counts.take(part)
        assert row['frames'] == own.frames.sum()
        assert row['au_rates']['AU2'] == pytest.approx(own.rates()[1], abs=1e-6)
    for number in (1, 2, 3):
        fold = get_fold('BP4D', number, hold_out=4, preset=path)
        assert list(fold.test) == content['parts'][number - 1]
        assert len(fold.val) == 4


def test_rates_of_what_was_never_coded_are_null():
    counts = make_counts()
    counts.known[:, 3] = counts.positives[:, 3] = 0
    content = generate_folds('BP4D', counts, 3).content()
    assert content['statistics'][0]['au_rates']['AU4'] is None
    json.dumps(content, allow_nan=False)


def test_a_file_made_from_rendered_images_says_so():
    real, rendered = (
        generate_folds('BP4D', make_counts(), 3, synthetic=synthetic)
        for synthetic in (False, True)
    )
    assert (real.content()['synthetic'], rendered.content()['synthetic']) == (0, 1)
    assert 'SYNTHETIC' in rendered.preset.source
    assert 'SYNTHETIC' not in real.preset.source


@pytest.mark.parametrize('num_parts', [-1, 0, 1, 42])
def test_too_many_or_too_few_parts(num_parts):
    with pytest.raises(SplitError, match=f'41 subjects into {num_parts} parts'):
        generate_folds('BP4D', make_counts(), num_parts)


def test_other_errors_of_a_user(tmp_path):
    counts = make_counts()
    with pytest.raises(SplitError, match='seed must be 0 or more'):
        generate_folds('BP4D', counts, 3, seed=-1)
    made = generate_folds('BP4D', counts, 3)
    with pytest.raises(SplitError, match=r'ends in \.json, got'):
        made.write(tmp_path / 'split.txt')
    made.write(tmp_path / 'split.json')
    with pytest.raises(SplitError, match=r'exists.*not overwritten'):
        made.write(tmp_path / 'split.json')
    with pytest.raises(SplitError, match='not the subjects that were counted'):
        imbalance(counts, made.preset.parts[:2])
