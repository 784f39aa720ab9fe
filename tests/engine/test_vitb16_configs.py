"""The ViT-B/16 configs train on a synthetic tree, with fewer and thinner layers."""

from pathlib import Path

import pytest

from clef_mm.engine import Runner
from clef_mm.engine.config import load_config, set_data_root

ROOT = Path(__file__).resolve().parents[2]
# Everything as in ViT-B/16 (224 px, patches of 16, QuickGELU) but depth and width.
SMALL_VIT = dict(
    embed_dim=32,
    quick_gelu=True,
    vision_cfg=dict(image_size=224, patch_size=16, layers=2, width=64),
    text_cfg=dict(context_length=77, vocab_size=49408, width=32, heads=2, layers=2),
)


@pytest.mark.slow
def test_both_stages_run_a_few_iterations(synthetic_bp4d, tmp_path):
    for stage, weights in (
        ('clef_pretrain', None),
        ('clef', tmp_path / 'clef_pretrain'),
    ):
        config = load_config(ROOT / f'configs/clef/{stage}_vitb16_bp4d_fold1.py')
        set_data_root(config, str(synthetic_bp4d))
        config.merge_from_dict(
            {
                'work_dir': str(tmp_path / stage),
                'model.weights': weights and str(weights),
                'train_cfg.max_epochs': 1,
                'train_dataloader.batch_size': 16,
                'train_dataloader.num_workers': 0,
                'train_dataloader.dataset.every': 3,
                'test_dataloader.num_workers': 0,
            }
        )
        config.model.image_encoder.arch = SMALL_VIT
        config.model.text_encoder.arch = SMALL_VIT
        runner = Runner.from_cfg(config)
        runner.train()
        assert runner.iter >= 3
        assert len(runner.message_hub.get_scalar('train/loss').data[0]) == runner.iter
        metrics = runner.test()
        assert all(0 <= value <= 1 for value in metrics.values())
