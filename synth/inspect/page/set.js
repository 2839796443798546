// The data set: columns of numbers, small pictures as one long text, parameters that are read when they are asked for.

const set = JSON.parse(byId("set").textContent);
const { images, kinds } = set;
const nImages = images.name.length;
const labels = { kind: [], box: [], ...set.labels };
const nLabels = labels.kind.length;

const firstOf = (i) => (i ? images.end[i - 1] : 0);
const has = (column) => column in set.labels;
const isCrowd = (k) => Boolean(labels.crowd && labels.crowd[k]);
const nameOf = (i) => images.name[i].slice(images.name[i].lastIndexOf("/") + 1);
const shapes = images.width.map((width, i) => width / images.height[i]);
// The longer side of the visible box, in pixels.
const sizes = Float32Array.from(labels.box, ([, , width, height]) => Math.max(width, height));
// Labels that count: what is to be ignored is drawn, but no object of the statistics.
const nObjects = Uint32Array.from(images.end, (end, i) => {
  let n = 0;
  for (let k = firstOf(i); k < end; k++) n += isCrowd(k) ? 0 : 1;
  return n;
});

const FIRST_COLOURS = [
  "#4f8cff", "#ff9f1c", "#2ec4b6", "#ff4d8d", "#b388ff", "#ffd60a", "#7bd650", "#ff6b4a", "#38c6f4", "#d9a066",
];
// Beyond those, hues a golden angle apart.
const colourOf = (kind) => FIRST_COLOURS[kind] ?? `hsl(${Math.round((kind * 137.508) % 360)} 80% 64%)`;

const thumbnails = byId("thumbnails").textContent;
function thumbnail(i) {
  const start = i ? images.thumbnailEnd[i - 1] : 0;
  const end = images.thumbnailEnd[i];
  return start === end ? "" : `data:image/webp;base64,${thumbnails.slice(start, end)}`;
}
const large = (i) => (set.files ? set.files[i] : thumbnail(i));

let parameterLines = null;
function parameters(i) {
  parameterLines ??= byId("parameters").textContent.split("\n");
  return JSON.parse(parameterLines[i] || "{}");
}

// "2 coin, 1 die": what a picture shows, in words.
function contentsOf(i) {
  const counts = new Map();
  for (let k = firstOf(i); k < images.end[i]; k++) {
    if (!isCrowd(k)) counts.set(labels.kind[k], (counts.get(labels.kind[k]) ?? 0) + 1);
  }
  const words = [...counts].map(([kind, n]) => `${n} ${kinds[kind].name}`);
  return words.length ? words.join(", ") : "no objects";
}

// COCO's compressed run lengths: five bits a character, the sixth says that more follow; from the third number on, each
// is a difference to the one before the last.
function runsOf(text) {
  const runs = [];
  for (let at = 0; at < text.length; ) {
    let value = 0;
    let shift = 0;
    let more = true;
    while (more && at < text.length) {
      const bits = text.charCodeAt(at++) - 48;
      more = (bits & 0x20) !== 0;
      value |= (bits & 0x1f) << shift;
      shift += 5;
      if (!more && bits & 0x10) value |= -1 << shift;
    }
    runs.push(runs.length > 2 ? value + runs[runs.length - 2] : value);
  }
  return runs;
}

// The mask as one path of upright bars, in pixels of the mask. One path, so that nothing is painted twice.
function maskPath(k, width, height) {
  const path = new Path2D();
  let at = 0;
  let inside = false;
  for (const length of runsOf(labels.mask[k])) {
    // Beyond the last pixel only if the data set is broken.
    let left = inside ? Math.min(length, width * height - at) : 0;
    let from = at;
    while (left > 0) {
      const y = from % height;
      const part = Math.min(left, height - y);
      path.rect(Math.floor(from / height), y, 1, part);
      from += part;
      left -= part;
    }
    at += length;
    inside = !inside;
  }
  return path;
}
