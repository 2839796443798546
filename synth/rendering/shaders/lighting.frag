// Flows in: the geometry pass's buffers, lights, shadow and sky maps, environment. Flows out: linear light, each pixel once.
// Compiled for a number of LIGHTS, of which with SHADOW the first casts one, and those that are bits of SPOTS have a cone:
// loops of known length are unrolled, which saves a third of the pass. AMBIENT adds all that isn't a light, and is left out
// in further rounds of lights.
const float PI = 3.14159265359;
in vec2 v_screen;
in vec3 v_ray;                            // from the eye to the near plane
flat in vec3 v_eye;
uniform sampler2D u_albedo_metallic, u_normal_roughness, u_depth;
#ifdef EMISSIVE
uniform sampler2D u_emissive;
#endif
#if LIGHTS > 0
flat in vec4 v_light_place[LIGHTS];       // xyz: direction towards the light (w = 0), or its position (w = 1)
flat in vec4 v_light_color[LIGHTS];       // xyz: intensity; w: a spot's cosine where its light begins to fall
#endif
#if SPOTS > 0
flat in vec4 v_light_cone[LIGHTS];        // xyz: a spot's axis, towards it; w: cosine where its light ends
#endif
#ifdef SHADOW
#ifdef SOFT
uniform sampler2D u_soft_map;             // blurred mean of the depth from the light less the ground's, and of its square
#else
uniform sampler2DArrayShadow u_shadow_maps;
#endif
flat in mat4 v_shadow_from_world;
flat in vec2 v_shadow_at;                 // offset in metres along the normal, layer
#endif
#ifdef AMBIENT
flat in vec4 v_environment;               // cosine and sine of its angle about z, gain, its texture's levels
flat in vec3 v_irradiance[9];             // spherical harmonics of the environment, convolved with the cosine
flat in mat4x3 v_sky_from_world;
uniform float u_sky_offset_m, u_open_below; // 1: there is no plane, and light comes from below too
uniform sampler2D u_sky_map;              // blurred mean of the zenith's depth, and of its square
uniform sampler2D u_environment_map, u_backdrop;
uniform vec3 u_backdrop_gain;             // negative: the environment is what lies behind
uniform vec2 u_backdrop_scale, u_backdrop_corner;
#endif
layout(location = 0) out vec4 o_light;

// Chebyshev's bound on how much of what a blurred map of depths has around here is deeper.
// Source: Donnelly & Lauritzen, Variance shadow maps, 2006.
float deeper(vec2 moments, float depth) {
    float above = max(min(depth, 1.0) - moments.x, 0.0), variance = max(moments.y - moments.x * moments.x, 1e-5);
    return variance / (variance + above * above);
}

#ifdef AMBIENT
vec3 environment_direction(vec3 direction) {
    vec2 turn = v_environment.xy;
    return vec3(dot(turn, direction.xy), turn.x * direction.y - turn.y * direction.x, direction.z);
}

vec3 environment(vec3 direction, float level) {
    vec3 d = environment_direction(direction);
    vec2 place = vec2(atan(d.y, d.x) / (2.0 * PI) + 0.5, acos(clamp(d.z, -1.0, 1.0)) / PI);
    return textureLod(u_environment_map, place, level).rgb * v_environment.z;
}

// Of the environment's levels, each twice as blurred as the one before, that which is as wide as a rough mirror's image.
// Source: Filament, "Pre-integration for multiscattering", roughness to level of detail.
float blur_level(float roughness) { return roughness * (2.0 - roughness) * v_environment.w; }

// Source: Ramamoorthi & Hanrahan, An efficient representation for irradiance environment maps, 2001, eq. 13.
vec3 irradiance(vec3 normal) {
    vec3 n = environment_direction(normal);
    vec3 e = v_irradiance[0] + v_irradiance[1] * n.y + v_irradiance[2] * n.z + v_irradiance[3] * n.x
        + v_irradiance[4] * n.x * n.y + v_irradiance[5] * n.y * n.z + v_irradiance[6] * (3.0 * n.z * n.z - 1.0)
        + v_irradiance[7] * n.x * n.z + v_irradiance[8] * (n.x * n.x - n.y * n.y);
    return max(e, 0.0) * v_environment.z;
}

// How much of the sky is seen, from what lies above nearby; the blur is the size of the objects.
float sky_visibility(vec3 position, vec3 normal) {
    vec3 place = v_sky_from_world * vec4(position + normal * u_sky_offset_m, 1.0);
    float seen = deeper(texture(u_sky_map, place.xy).rg, place.z);
    // A wall sees half the sky by its own standing, which the irradiance by its normal has counted already.
    float sky = mix(0.2, 1.0, min(seen / (0.5 + 0.5 * clamp(normal.z, 0.0, 1.0)), 1.0));
    return mix(sky, 1.0, u_open_below * (0.5 - 0.5 * normal.z));
}

// The share of an even environment that a rough surface reflects. What the first bounce between its bumps loses, further
// ones bring back, else rough metals are far too dark.
// Source: Karis, Physically based shading on mobile, 2014; Filament, "Energy loss in specular reflectance".
vec3 environment_share(vec3 f0, float roughness, float nv) {
    vec4 r = roughness * vec4(-1.0, -0.0275, -0.572, 0.022) + vec4(1.0, 0.0425, 1.04, -0.04);
    float a = min(r.x * r.x, exp2(-9.28 * nv)) * r.x + r.y;
    vec2 scale_bias = vec2(-1.04, 1.04) * a + r.zw;
    vec3 once = f0 * scale_bias.x + scale_bias.y;
    return once * (1.0 + f0 * (1.0 / (scale_bias.x + scale_bias.y) - 1.0));
}

vec3 background(vec3 view) {
    vec2 fitted = v_screen * u_backdrop_scale + u_backdrop_corner;
    vec3 behind = texture(u_backdrop, vec2(fitted.x, 1.0 - fitted.y)).rgb * u_backdrop_gain;
    return u_backdrop_gain.r < 0.0 ? environment(-view, 0.0) : behind;
}
#else
vec3 background(vec3 view) { return vec3(0.0); }
#endif

#ifdef SHADOW
// How much of the light arrives: two taps, each of four texels, side by side; of soft light as much as the blur says.
float unshadowed(vec3 position, vec3 normal) {
    vec4 place = v_shadow_from_world * vec4(position + normal * v_shadow_at.x, 1.0);
    vec3 at = place.xyz / place.w;
#ifdef SOFT
    return deeper(texture(u_soft_map, at.xy).rg, min(at.z, 0.0));   // 0 is the ground
#else
    at.z = min(at.z, 1.0);   // beyond the map's far end, where nothing was drawn, is lit
    float texel = 1.0 / float(textureSize(u_shadow_maps, 0).x), layer = v_shadow_at.y;
    vec2 aside = vec2(0.7, 0.35) * texel;
    return 0.5 * (texture(u_shadow_maps, vec4(at.xy + aside, layer, at.z))
        + texture(u_shadow_maps, vec4(at.xy - aside, layer, at.z)));
#endif
}
#endif

#if LIGHTS > 0
// What arrives of all lights: what a white diffuse base, a white mirror and the grazing share of any surface make of it.
struct Arriving { vec3 diffuse, mirrored, grazing; };

// Add one light's, of which only a share may be `arriving`. GGX with Schlick's Fresnel and the height-correlated
// visibility term, over a diffuse base that gets what it lets through. The surface's colours are factors of sums over the
// lights, so they wait for `surface_light`.
// Source: glTF 2.0, appendix B; Filament, "Standard model"; Hammon, PBR diffuse lighting for GGX, 2017.
void add_light(inout Arriving sum, int i, float arriving, vec3 position, vec3 n, vec3 v, float nv, float alpha) {
    vec3 towards = v_light_place[i].xyz - position * v_light_place[i].w;
    float nearness = inversesqrt(dot(towards, towards));   // of a direction 1
    vec3 l = towards * nearness, h = normalize(v + l);
    float nh = max(dot(n, h), 0.0), nl = max(dot(n, l), 0.0), vh = max(dot(v, h), 0.0);
    arriving *= nl * nearness * nearness;
#if SPOTS > 0
    if ((SPOTS >> i & 1) == 1)
        arriving *= smoothstep(v_light_cone[i].w, v_light_color[i].w, dot(l, v_light_cone[i].xyz));
#endif
    float a2 = alpha * alpha, k = nh * nh * (a2 - 1.0) + 1.0;
    float specular = arriving * a2 * 0.5 / (PI * k * k * mix(2.0 * nl * nv, nl + nv, alpha));
    float away = 1.0 - vh, away2 = away * away, grazing = away2 * away2 * away;
    sum.diffuse += v_light_color[i].rgb * (arriving * (1.0 - grazing));
    sum.mirrored += v_light_color[i].rgb * (specular * (1.0 - grazing));
    sum.grazing += v_light_color[i].rgb * (specular * grazing);
}
#endif

// What the visible surface sends to the eye.
vec3 surface_light(vec3 position, vec3 view) {
    vec4 albedo_metallic = texelFetch(u_albedo_metallic, ivec2(gl_FragCoord.xy), 0);
    vec4 normal_roughness = texelFetch(u_normal_roughness, ivec2(gl_FragCoord.xy), 0);
    vec3 albedo = albedo_metallic.rgb * albedo_metallic.rgb, normal = normal_roughness.xyz;
    float metallic = albedo_metallic.a, roughness = normal_roughness.w, alpha = roughness * roughness;
    vec3 f0 = mix(vec3(0.04), albedo, metallic), diffuse = albedo * (1.0 - metallic) / PI;
    float nv = max(dot(normal, view), 0.0);

    vec3 light = vec3(0.0);
#if LIGHTS > 0
    Arriving sum = Arriving(vec3(0.0), vec3(0.0), vec3(0.0));
    for (int i = 0; i < LIGHTS; i++) {
        float arriving = 1.0;
#ifdef SHADOW
        if (i == 0) arriving = unshadowed(position, normal);
#endif
        add_light(sum, i, arriving, position, normal, view, max(nv, 1e-3), alpha);
    }
    light += diffuse * (1.0 - f0) * sum.diffuse + f0 * sum.mirrored + sum.grazing;
#endif
#ifdef AMBIENT
    float seen = sky_visibility(position, normal);
    vec3 reflected = environment(reflect(-view, normal), blur_level(roughness));
    light += seen * mix(diffuse * irradiance(normal), reflected, environment_share(f0, roughness, nv));
#ifdef EMISSIVE
    light += texelFetch(u_emissive, ivec2(gl_FragCoord.xy), 0).rgb;
#endif
#endif
    return light;
}

void main() {
    float depth = texelFetch(u_depth, ivec2(gl_FragCoord.xy), 0).r;
    // Depth is near over distance: 0 is infinitely far, where nothing was drawn.
    vec3 position = v_eye + v_ray / max(depth, 1e-6);
    vec3 view = -normalize(v_ray);
    vec3 light = surface_light(position, view);
#ifdef BACKGROUND
    // A loop of no or one turn, not an if: software rasterisers run both sides of an if, but leave a loop.
    for (int turn = int(depth > 0.0); turn < 1; turn++) light = background(view);
#endif
    o_light = vec4(light, 1.0);
}
