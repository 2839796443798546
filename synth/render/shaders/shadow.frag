// Flows in: a mesh seen from the light. Flows out: depth only; what the alpha mask cuts away casts no shadow.
in vec2 v_uv;
in float v_alpha;
#ifdef ALPHA_MASK
uniform sampler2D u_base_color_map;
#endif

void main() {
#ifdef ALPHA_MASK
    if (texture(u_base_color_map, v_uv).a * base_color().a * v_alpha < alpha_cutoff()) discard;
#endif
}
