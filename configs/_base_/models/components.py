"""The components of Table 6, as changes to the whole of CLEF.

A row does ``model.update(_i_n)``. Stage 1: PI pairs images, PA images with the texts of
activities. Stage 2: what stands for a class, a row of a linear layer (I), its name (N)
or its description (D).
"""

_pi = dict(text_pairs=False, text_encoder=None)
_simclr = dict(text_pairs=False, text_encoder=None, pairing='image')

_i = dict(texts=(), text_encoder=None, loss_text=None)
_i_n = dict(texts=('name',), loss_text=None)
_i_d = dict(texts=('description',), loss_text=None)
