// Flows in: linear light, one sample a pixel, and instance ids and depths. Flows out: the same, silhouettes smoothed.
// Where the surface changes, the pixel is averaged along the edge's direction, so textures stay as sharp as they were.
// Source: the edge direction is FXAA 1's (Lottes, 2009), from four diagonal neighbours.
uniform sampler2D u_light, u_depth;
uniform usampler2D u_instance;
uniform float u_far_depth;           // what GL's depth would be infinitely far away
layout(location = 0) out vec4 o_light;

// The reciprocal of depth, up to a factor: GL keeps depth as a - b / z, which is linear in the screen on any plane.
float reciprocal(ivec2 at) { return u_far_depth - texelFetch(u_depth, at, 0).r; }

// Compressed so that a highlight does not swallow its neighbours.
vec3 tone(vec3 light) { return light / (1.0 + max(max(light.r, light.g), light.b)); }
vec3 untone(vec3 color) { return color / max(1.0 - max(max(color.r, color.g), color.b), 1e-3); }
float luma(vec3 color) { return dot(color, vec3(0.299, 0.587, 0.114)); }

vec3 along_edge(vec2 at) {
    vec2 texel = 1.0 / vec2(textureSize(u_light, 0)), center = at * texel;
    float nw = luma(tone(texture(u_light, center + vec2(-0.5, -0.5) * texel).rgb));
    float ne = luma(tone(texture(u_light, center + vec2(0.5, -0.5) * texel).rgb));
    float sw = luma(tone(texture(u_light, center + vec2(-0.5, 0.5) * texel).rgb));
    float se = luma(tone(texture(u_light, center + vec2(0.5, 0.5) * texel).rgb));
    vec2 along = vec2((sw + se) - (nw + ne), (nw + sw) - (ne + se));
    along /= max(min(abs(along.x), abs(along.y)), 0.03 * (nw + ne + sw + se) + 1e-4);
    along = clamp(along, -2.0, 2.0) * texel;
    vec3 inner = tone(texture(u_light, center - along / 6.0).rgb) + tone(texture(u_light, center + along / 6.0).rgb);
    vec3 outer = tone(texture(u_light, center - along / 2.0).rgb) + tone(texture(u_light, center + along / 2.0).rgb);
    return untone(0.25 * (inner + outer));
}

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy), last = textureSize(u_light, 0) - 1;
    ivec2 left = max(at - ivec2(1, 0), ivec2(0)), right = min(at + ivec2(1, 0), last);
    ivec2 above = max(at - ivec2(0, 1), ivec2(0)), below = min(at + ivec2(0, 1), last);
    vec4 here = texelFetch(u_light, at, 0);
    uint id = texelFetch(u_instance, at, 0).r;
    bool edge = texelFetch(u_instance, left, 0).r != id || texelFetch(u_instance, right, 0).r != id
        || texelFetch(u_instance, above, 0).r != id || texelFetch(u_instance, below, 0).r != id;
    // Within one object a fold or a step is an edge: there the reciprocal depth is not linear.
    float z = reciprocal(at);
    edge = edge || abs(reciprocal(left) + reciprocal(right) - 2.0 * z) > 0.004 * z
        || abs(reciprocal(above) + reciprocal(below) - 2.0 * z) > 0.004 * z;
    // A loop of no or one turn, not an if: software rasterisers run both sides of an if, but leave a loop.
    for (int turn = 0; turn < int(edge); turn++) here.rgb = along_edge(gl_FragCoord.xy);
    o_light = here;
}
