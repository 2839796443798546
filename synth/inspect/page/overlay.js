// Labels drawn over a picture, in any size.

const LAYERS = [
  { id: "masks", words: "Masks", key: "m", there: has("mask") },
  { id: "boxes", words: "Boxes", key: "b", there: nLabels > 0 },
  { id: "amodal", words: "Whole boxes", key: "w", there: has("amodal"), title: "as if nothing hid the object" },
  { id: "solid", words: "3D boxes", key: "3", there: has("corners") },
  { id: "keypoints", words: "Keypoints", key: "k", there: has("keypoints") },
  { id: "names", words: "Names", key: "n", there: nLabels > 0 },
].filter((layer) => layer.there);

// Corner 4 a + 2 b + c: two that differ in one of a, b, c share an edge.
const EDGES = [];
for (let from = 0; from < 8; from++) {
  for (const bit of [1, 2, 4]) if (!(from & bit)) EDGES.push([from, from | bit]);
}
const FAINT = 0.22;

/* Draw the labels of picture i on a canvas of `width` CSS pixels. `stands` says of a label whether it is drawn in full:
   what doesn't pass the filters, or isn't the one that is pointed at, is faint. */
function drawLabels(canvas, i, width, layers, stands) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const height = (width * images.height[i]) / images.width[i];
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  const pen = canvas.getContext("2d");
  const scale = canvas.width / images.width[i];
  const thick = ratio * clamp(width / 340, 1.25, 2.5);
  // Large ones first, so that small ones aren't painted over.
  const order = Array.from({ length: images.end[i] - firstOf(i) }, (_, n) => firstOf(i) + n);
  order.sort((a, b) => sizes[b] - sizes[a]);
  for (const k of order) {
    pen.globalAlpha = stands(k) ? 1 : FAINT;
    pen.strokeStyle = pen.fillStyle = colourOf(labels.kind[k]);
    pen.lineWidth = thick;
    if (layers.has("masks") && labels.mask?.[k]) drawMask(pen, i, k);
    if (layers.has("boxes")) drawBox(pen, labels.box[k], scale, isCrowd(k) ? [2 * thick, 2 * thick] : []);
    if (layers.has("amodal") && labels.amodal?.[k]) drawBox(pen, labels.amodal[k], scale, [5 * thick, 3 * thick]);
    if (layers.has("solid") && labels.corners?.[k]) drawSolid(pen, labels.corners[k], scale);
    if (layers.has("keypoints") && labels.keypoints?.[k]) drawKeypoints(pen, k, scale, thick);
  }
  if (layers.has("names")) for (const k of order) if (stands(k)) drawName(pen, k, scale, ratio, canvas);
}

function drawMask(pen, i, k) {
  const alpha = pen.globalAlpha;
  pen.save();
  pen.globalAlpha = alpha * (isCrowd(k) ? 0.25 : 0.5);
  pen.scale(pen.canvas.width / images.maskWidth[i], pen.canvas.height / images.maskHeight[i]);
  pen.fill(maskPath(k, images.maskWidth[i], images.maskHeight[i]));
  pen.restore();
}

// With a dark rim, so that it is seen on any ground.
function drawBox(pen, box, scale, dash) {
  const colour = pen.strokeStyle;
  const thick = pen.lineWidth;
  const [x, y, width, height] = box.map((value) => value * scale);
  for (const [stroke, broad] of [["#0006", thick + 2], [colour, thick]]) {
    pen.strokeStyle = stroke;
    pen.lineWidth = broad;
    pen.setLineDash(dash);
    pen.strokeRect(x, y, width, height);
  }
  pen.setLineDash([]);
}

function drawSolid(pen, corners, scale) {
  pen.beginPath();
  for (const [from, to] of EDGES) {
    if (corners[2 * from] === null || corners[2 * to] === null) continue;
    pen.moveTo(corners[2 * from] * scale, corners[2 * from + 1] * scale);
    pen.lineTo(corners[2 * to] * scale, corners[2 * to + 1] * scale);
  }
  pen.stroke();
}

function drawKeypoints(pen, k, scale, thick) {
  const values = labels.keypoints[k];
  const at = (n) => [values[3 * n] * scale, values[3 * n + 1] * scale];
  pen.beginPath();
  for (const [from, to] of kinds[labels.kind[k]].bones) {
    if (!values[3 * from - 1] || !values[3 * to - 1]) continue;
    pen.moveTo(...at(from - 1));
    pen.lineTo(...at(to - 1));
  }
  pen.stroke();
  for (let n = 0; 3 * n + 2 < values.length; n++) {
    if (!values[3 * n + 2]) continue;
    // Filled is seen, hollow is hidden.
    pen.beginPath();
    pen.arc(...at(n), 2.2 * thick, 0, 2 * Math.PI);
    const colour = pen.fillStyle;
    pen.fillStyle = values[3 * n + 2] === 2 ? colour : "#000a";
    pen.fill();
    pen.stroke();
    pen.fillStyle = colour;
  }
}

function drawName(pen, k, scale, ratio, canvas) {
  const name = kinds[labels.kind[k]].name;
  const words = name.length > 24 ? `${name.slice(0, 23)}…` : name;
  const size = 11.5 * ratio;
  pen.globalAlpha = 1;
  pen.font = `600 ${size}px system-ui, sans-serif`;
  const width = pen.measureText(words).width + 0.7 * size;
  const height = 1.4 * size;
  const x = clamp(labels.box[k][0] * scale, 0, Math.max(0, canvas.width - width));
  const above = labels.box[k][1] * scale - height;
  const y = clamp(above, 0, canvas.height - height);
  pen.fillStyle = colourOf(labels.kind[k]);
  pen.fillRect(x, y, width, height);
  pen.fillStyle = "#000";
  pen.fillText(words, x + 0.35 * size, y + 1.03 * size);
}
