/** Bytes of a picture that is taken, and pixels of a side that are sent of it. */
const mostBytes = 5_000_000;
const [mostPixels, side] = [8000, 200];

/** Why a picture was not taken. */
export class NoLogo extends Error {
  constructor(readonly why: "qr.logoBig" | "qr.logoBad") {
    super(why);
  }
}

/**
 * A picture as the API takes a logo: a small PNG in base64, drawn anew, so that nothing of the file goes along but what it
 * looks like. Throws `NoLogo`.
 */
export async function readLogo(file: File): Promise<{ readonly name: string; readonly png: string }> {
  if (file.size > mostBytes) throw new NoLogo("qr.logoBig");
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new NoLogo("qr.logoBad");
  });
  try {
    const { width, height } = bitmap;
    if (width > mostPixels || height > mostPixels) throw new NoLogo("qr.logoBig");
    const scale = Math.min(1, side / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    const drawing = canvas.getContext("2d");
    if (drawing === null) throw new NoLogo("qr.logoBad");
    drawing.imageSmoothingQuality = "high";
    drawing.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    const base64 = canvas.toDataURL("image/png").replace(/^[^,]*,/, "");
    return { name: file.name, png: base64 };
  } finally {
    bitmap.close();
  }
}
