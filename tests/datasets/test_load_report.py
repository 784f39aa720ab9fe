"""Nothing is left out in silence, and nothing floods the log."""

from clef_mm.datasets.load_report import LoadReport


def test_an_empty_report_says_nothing():
    assert LoadReport().lines() == []


def test_found_things_make_one_line():
    report = LoadReport()
    report.found['frames'] = 146_847
    report.found['subjects'] = 41
    assert report.lines() == ['146,847 frames, 41 subjects']


def test_oddities_are_counted_with_three_examples():
    report = LoadReport()
    report.note('stray files', ['a', 'b'])
    report.note('stray files', [f'c{number}' for number in range(2000)])
    report.note('stray files', 'd')
    assert report.oddities == {'stray files': 2003}
    assert report.lines() == ['2,003 stray files (such as a, b, c0)']


def test_one_item_may_stand_for_many():
    report = LoadReport()
    report.note('rows without an image', 'F001_T1', 500)
    report.note('rows without an image', ['F002_T1/7'])
    assert report.lines() == ['501 rows without an image (such as F001_T1, F002_T1/7)']


def test_nothing_is_not_noted():
    report = LoadReport()
    report.note('stray files', [])
    report.note('rows without an image', 'F001_T1', 0)
    assert report.lines() == []


def test_reports_share_nothing():
    first, second = LoadReport(), LoadReport()
    first.note('stray files', 'a')
    first.found['frames'] += 1
    assert second.lines() == []


def test_remarks_stand_between_what_is_used_and_what_is_odd():
    report = LoadReport()
    report.note('images without a label', 'a.jpg')
    report.remarks += ['labels: 1 surprise -> 3 surprise', 'release: npy']
    report.found['images'] = 2
    assert report.lines() == [
        '2 images',
        'labels: 1 surprise -> 3 surprise',
        'release: npy',
        '1 images without a label (such as a.jpg)',
    ]


def test_reports_of_parts_are_merged():
    whole = LoadReport()
    for name, count in (('A', 2), ('B', 5)):
        part = LoadReport()
        part.found.update(frames=count, subjects=1)
        part.remarks.append('release: npy')
        part.note('images without a label', [f'{row}.jpg' for row in range(count)])
        whole.merge(part, name)
    assert whole.lines() == [
        '7 frames, 2 subjects',
        'A: release: npy',
        'B: release: npy',
        '7 images without a label (such as A: 0.jpg, A: 1.jpg, B: 0.jpg)',
    ]
