"""Chance, in the few forms that drawing needs. All of it comes from one generator, in one order."""

import math

import numpy as np


class Chance:
    def __init__(self, random):
        self.random = random

    def chance(self, probability):
        return self.random.random() < probability

    def between(self, low, high):
        return self.random.uniform(low, high)

    def size(self, low, high):
        """As likely between 10 and 20 as between 100 and 200."""
        return math.exp(self.random.uniform(math.log(low), math.log(high)))

    def whole(self, low, high):
        return int(self.random.integers(low, high + 1))

    def one_of(self, things):
        return things[self.random.integers(len(things))]

    def colour(self, low=0, high=255):
        """Blue, green, red; mostly greyish, as the world is."""
        grey = self.between(low, high)
        spread = self.one_of([5, 25, 90])
        return np.clip(grey + self.random.uniform(-spread, spread, 3), low, high)

    def pair(self):
        """A dark and a light colour that differ enough to be read."""
        dark, light = self.colour(0, 90), self.colour(160, 255)
        if self.chance(0.3):
            dark, light = self.colour(0, 30), self.colour(225, 255)
        return dark, light

    def either(self, pair, swapped):
        """The pair, with a chance of `swapped` the other way round."""
        return pair[::-1] if self.chance(swapped) else pair
