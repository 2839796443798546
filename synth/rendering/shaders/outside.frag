// Flows in: a mesh, no depth test. Flows out: its bit, OR-ed into the pixels that it covers.
in vec2 v_uv;
in float v_alpha;
layout(location = 0) out uint o_bits;
#ifdef BASE_COLOR_MAP
uniform sampler2D u_base_color_map;
#endif

void main() {
#ifdef ALPHA_MASK
    float alpha = base_alpha() * v_alpha;
#ifdef BASE_COLOR_MAP
    alpha *= textureLod(u_base_color_map, v_uv, 0.0).a;
#endif
    if (alpha < alpha_cutoff()) discard;
#endif
    o_bits = amodal_bit();
}
