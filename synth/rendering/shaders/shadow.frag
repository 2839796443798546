// Flows in: a mesh seen from the light. Flows out: depth only; what the alpha mask cuts away casts no shadow.
in vec2 v_uv;
in float v_alpha;
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
}
