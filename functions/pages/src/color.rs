//! Colors and their contrast.

use std::fmt;

/// The minimum contrast of text with its background (WCAG 2.2, success criterion 1.4.3).
pub(crate) const CONTRAST: f32 = 4.5;

/// A color in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Color([u8; 3]);

impl Color {
    pub(crate) const WHITE: Self = Self([255, 255, 255]);
    pub(crate) const BLACK: Self = Self([0, 0, 0]);
    /// The text on the main button of dark pages.
    pub(crate) const INK: Self = Self([0x10, 0x14, 0x2e]);
    /// The darkest background of links on light pages.
    pub(crate) const BEHIND_LIGHT: Self = Self([0xee, 0xf0, 0xf5]);
    /// The lightest background of links on dark pages.
    pub(crate) const BEHIND_DARK: Self = Self([0x26, 0x2a, 0x36]);

    /// Parses `#rrggbb`. The settings have checked the format. Any other text is black.
    pub(crate) fn parse(text: &str) -> Self {
        let part = |start: usize| text.get(start..start + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        Self([1, 3, 5].map(|start| part(start).unwrap_or_default()))
    }

    /// Returns the contrast with another color, between 1 and 21.
    pub(crate) fn contrast(self, other: Self) -> f32 {
        let [one, other] = [self.luminance() + 0.05, other.luminance() + 0.05];
        one.max(other) / one.min(other)
    }

    /// Mixes in at least `least` percent of another color, and more until the contrast with the background is
    /// sufficient.
    pub(crate) fn towards(self, end: Self, least: u16, background: Self) -> Self {
        let mixed = (least..=100).map(|percent| self.mix(end, percent));
        mixed.into_iter().find(|color| color.contrast(background) >= CONTRAST).unwrap_or(end)
    }

    fn mix(self, other: Self, percent: u16) -> Self {
        let part = |place: usize| {
            let sum = u16::from(self.0[place]) * (100 - percent) + u16::from(other.0[place]) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self([0, 1, 2].map(part))
    }

    fn luminance(self) -> f32 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f32::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
