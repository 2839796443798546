// Flows in: a mesh seen from the light. Flows out: depth only; what the alpha mask cuts away casts no shadow.
in vec2 v_uv;
#ifdef ALPHA_MASK
uniform sampler2D u_base_color_map;
#endif

void main() {
#ifdef ALPHA_MASK
    if (texture(u_base_color_map, v_uv).a * base_color().a < alpha_cutoff()) discard;
#endif
}
