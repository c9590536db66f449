//! Pictures that cameras read.

use qrcode::QrCode;
use qrcode::render::svg;

/// A text as QR code, in SVG. Nothing where the text is too long for one.
pub fn svg(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    Some(code.render::<svg::Color<'_>>().min_dimensions(200, 200).build())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_picture_is_svg_and_not_every_text_fits() {
        let picture = super::svg("otpauth://totp/ada?secret=JBSWY3DPEHPK3PXP").unwrap();
        assert!(picture.contains("<svg") && picture.ends_with("</svg>"), "{picture}");
        assert_eq!(super::svg(&"x".repeat(5000)), None);
    }
}
