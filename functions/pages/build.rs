//! Compresses the files of `dist/` and `viewer/`, and generates the tables of files and pages for `src/assets.rs`.
//!
//! `dist/` itself is built by Node.js from `web/` and committed, so that building this crate needs no Node.js. `viewer/` is a
//! copy of a published package.

use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The content of `dist/routes.json`.
#[derive(Deserialize)]
struct Table {
    routes: Vec<Route>,
}

#[derive(Deserialize)]
struct Route {
    path: String,
    aliases: Vec<String>,
    preload: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    for path in ["dist", "viewer", "build.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let dist = root.join("dist");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let table = serde_json::from_slice::<Table>(&fs::read(dist.join("routes.json"))?)?;
    let mut code = String::new();

    writeln!(code, "pub(crate) static ROUTES: &[Route] = &[")?;
    for route in &table.routes {
        for path in route.aliases.iter().chain([&route.path]) {
            let bare = path.trim_end_matches('/');
            writeln!(code, "    Route {{ path: {path:?}, bare: {bare:?}, preload: &{:?} }},", route.preload)?;
        }
    }
    writeln!(code, "];\n\nstatic ASSETS: &[Asset] = &[")?;
    let viewer = files(&root.join("viewer"))?.into_iter().map(|file| (&root, file));
    for (folder, file) in files(&dist)?.into_iter().map(|file| (&dist, file)).chain(viewer) {
        let name = file.strip_prefix(folder)?.to_str().ok_or("a file name is not Unicode")?.replace('\\', "/");
        // The service answers with documents of its own in place of these.
        if ["index.html", "brand.css", "routes.json"].contains(&name.as_str()) {
            continue;
        }
        let bytes = fs::read(&file)?;
        let digest = Sha256::digest(&bytes);
        let tag = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect::<String>();
        fs::write(out.join(format!("{tag}.gz")), gzip(&bytes)?)?;
        fs::write(out.join(format!("{tag}.br")), brotli(&bytes)?)?;
        writeln!(
            code,
            "    Asset {{ name: {name:?}, etag: \"\\\"{tag}\\\"\", \
             gzip: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{tag}.gz\")), \
             brotli: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{tag}.br\")) }},"
        )?;
    }
    writeln!(code, "];")?;
    fs::write(out.join("assets.rs"), code)?;
    Ok(())
}

/// Returns all files in a folder and its subfolders, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

fn brotli(mut bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    // Swagger UI becomes 9 % larger than at the highest quality, 11, which takes a minute and a half in a debug build.
    let quality = if bytes.len() > 500_000 { 9 } else { 11 };
    let parameters = brotli::enc::BrotliEncoderParams { quality, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut bytes, &mut compressed, &parameters)?;
    Ok(compressed)
}
