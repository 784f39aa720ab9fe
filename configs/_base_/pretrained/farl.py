"""FaRL: the generic face model that CLEF and the FaRL rows start from.

The paper does not say which of the released epochs it took; 64 is our choice.
"""

_farl = 'weights/FaRL-Base-Patch16-LAIONFace20M-ep64.pth'
how_to_get = {
    _farl: 'Download this file from the release page of FacePerceiver/FaRL and put it '
    'there.'
}
