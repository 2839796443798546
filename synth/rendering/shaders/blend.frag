// Flows in: light of blended surfaces, their alpha and ids. Flows out: the same light and alpha, for GL to blend.
uniform sampler2D u_light, u_emissive;
uniform usampler2D u_instance;
layout(location = 0) out vec4 o_light;

void main() {
    ivec2 at = ivec2(gl_FragCoord.xy);
    if (texelFetch(u_instance, at, 0).r == 0u) discard;
    o_light = vec4(texelFetch(u_light, at, 0).rgb, clamp(texelFetch(u_emissive, at, 0).a, 0.0, 1.0));
}
