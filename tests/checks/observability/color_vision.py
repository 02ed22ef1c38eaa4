# SPDX-License-Identifier: Apache-2.0
"""How far two colours are apart for people with each of the common kinds of colour vision.

Simulation: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes, "A Physiologically-based Model
for Simulation of Color Vision Deficiency" (2009), severity 1.0, in linear RGB. Distance: CIE
76 in L*a*b* (D65)."""

VISION = {
    "usual": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)


def apply(matrix, vector):
    return tuple(sum(m * v for m, v in zip(row, vector)) for row in matrix)


def linear(color):
    """#RRGGBB as linear light from 0 to 1."""
    parts = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def lab(rgb):
    def f(t):
        return t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116

    x, y, z = (f(max(v, 0) / w) for v, w in zip(apply(TO_XYZ, rgb), WHITE))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def seen(color, kind):
    return lab(tuple(min(max(c, 0), 1) for c in apply(VISION[kind], linear(color))))


def nearest(colors):
    """(distance, kind of vision, one colour, the other) of the pair that is told apart worst."""
    colors = sorted(set(colors))
    pairs = [(a, b) for i, a in enumerate(colors) for b in colors[i + 1 :]]
    return min(
        (sum((p - q) ** 2 for p, q in zip(seen(a, kind), seen(b, kind))) ** 0.5, kind, a, b)
        for a, b in pairs
        for kind in VISION
    )
