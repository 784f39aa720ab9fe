"""The configs of ViT-B/16 with towers that train and test in a second on a CPU."""

from pathlib import Path

from clef_mm.engine.config import load_config, set_data_root

ROOT = Path(__file__).resolve().parents[2]
SIZE = 32
ARCH = dict(
    embed_dim=16,
    quick_gelu=True,
    vision_cfg=dict(image_size=SIZE, patch_size=16, layers=1, width=64),
    text_cfg=dict(context_length=77, vocab_size=49408, width=16, heads=2, layers=1),
)


def small_config(name, data_root, folder, **options):
    """Write ``configs/<name>.py``, made small, into a folder; return its path.

    Options are in the form of ``--cfg-options``, ``{'model.bank': 'mine.yaml'}``.
    """
    config = load_config(ROOT / f'configs/{name}.py')
    set_data_root(config, str(data_root))
    towers = [config.model.image_encoder, config.model.get('text_encoder')]
    for tower in filter(None, towers):
        tower.arch = ARCH
    for split in ('train', 'val', 'test'):
        loader = config.get(f'{split}_dataloader')
        if loader:
            loader.update(num_workers=0, batch_size=8)
            loader.dataset.pipeline[0].size = SIZE
    config.merge_from_dict(
        {
            'work_dir': str(folder / Path(name).name),
            'model.weights': None,
            'model.data_preprocessor.image_size': SIZE,
            'train_cfg.max_epochs': 1,
            # A class may be missing in a small tree, and then it has no weight.
            'custom_hooks': [],
            **options,
        }
    )
    path = folder / f'{Path(name).name}.py'
    config.dump(path)
    return str(path)
