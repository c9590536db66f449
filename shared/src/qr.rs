//! QR codes.

use qrcode::QrCode;
use qrcode::render::svg;

/// Returns a text as a QR code, in SVG. Returns `None` if the text is too long.
pub fn svg(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(200, 200).build())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_svg_and_a_long_text_does_not_fit() {
        let picture = super::svg("otpauth://totp/ada?secret=JBSWY3DPEHPK3PXP").unwrap();
        assert!(picture.contains("<svg") && picture.ends_with("</svg>"), "{picture}");
        assert_eq!(super::svg(&"x".repeat(5000)), None);
    }
}
