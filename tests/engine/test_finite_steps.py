"""A loss that is no number is refused, with its parts and its images."""

import pytest
import torch

from clef_mm.engine.finite_steps import FiniteSteps, NonFiniteError, Step
from clef_mm.errors import UserError
from clef_mm.structures import FaceSample

PLACE = 'epoch 2, iteration 9'
NAN, INF = float('nan'), float('inf')


def parts(**values):
    return {name: torch.tensor(value) for name, value in values.items()}


def samples(count):
    return [FaceSample(subject='F001', sequence='T2', frame=i) for i in range(count)]


def test_finite_values_pass():
    FiniteSteps().check(PLACE, parts(loss=3e38, loss_a=0.0, loss_b=-2.0), samples(1))


@pytest.mark.parametrize('bad', [NAN, INF, -INF])
def test_message_names_every_part_and_the_images(bad):
    with pytest.raises(NonFiniteError) as caught:
        FiniteSteps().check(
            'epoch 2, iteration 9',
            parts(loss=bad, loss_image=1.5, loss_text=bad),
            samples(2),
        )
    message = str(caught.value)
    assert message.startswith(f'{PLACE} has numbers that are not finite')
    assert f'loss = {bad:g}, loss_image = 1.5, loss_text = {bad:g}' in message
    assert 'F001/T2/0, F001/T2/1.' in message
    assert 'optim_wrapper.optimizer.lr' in message
    assert isinstance(caught.value, UserError)  # the tools print it without a traceback


def test_of_a_large_batch_the_first_images_are_named():
    with pytest.raises(NonFiniteError, match=r'F001/T2/7 and 56 more') as caught:
        FiniteSteps().check(PLACE, parts(loss=NAN), samples(64))
    assert 'T2/8' not in str(caught.value)


def test_half_precision_and_gradients_are_no_obstacle():
    loss = torch.tensor(1.0, dtype=torch.bfloat16, requires_grad=True)
    losses = FiniteSteps()
    losses.check('here', {'loss': loss, 'loss_a': loss.double()}, samples(1))
    losses.flush()  # nothing is pending on a CPU


class CopiedEvent:
    """Stands for the event of a copy from an accelerator."""

    waited = False

    def synchronize(self):
        self.waited = True


@pytest.mark.parametrize('look', ['flush', 'next check'])
def test_what_an_accelerator_sent_is_looked_at_later_and_once(look):
    losses, event = FiniteSteps(), CopiedEvent()
    losses._pending = Step(
        'here', ['loss_text'], torch.tensor([NAN]), event, samples(1)
    )
    with pytest.raises(NonFiniteError, match=r'loss_text = nan; batch of F001/T2/0'):
        losses.flush() if look == 'flush' else losses.check(
            PLACE, parts(loss=1.0), samples(1)
        )
    assert event.waited
    losses.flush()
    losses.check(PLACE, parts(loss=1.0), samples(1))
