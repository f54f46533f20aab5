/* A batch of the original's environments behind functions that ctypes can call.
 *
 * Three builds come from this file. With ORACLE_TAPE the original's rand() reads a tape of each environment's own, so
 * that both sides of a comparison see the same values; without it rand() is the C library's generator. With
 * ORACLE_FINAL (needs -finstrument-functions) the entry of c_reset inside a step is observed, which is the only moment
 * at which the last state of an episode exists: the original's own formula is applied to it there.
 */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define QUIET __attribute__((no_instrument_function))

static const int32_t *active_tape;
static int64_t active_length;
static int64_t *active_draws;
static int tape_overrun;

#ifdef ORACLE_TAPE
QUIET static int tape_rand(void) {
    int64_t index = (*active_draws)++;
    if (index >= active_length) {
        tape_overrun = 1;
        return 0;
    }
    return active_tape[index];
}
#define rand tape_rand
#endif

/* Hidden, so that the compiler may inline the original's functions and nothing else in the process replaces them. */
#pragma GCC visibility push(hidden)
#include "pong.h"

enum { OBSERVATION = 8, STATE = 8, EXTRA = 3, LOG = 5 };

typedef struct Batch {
    int64_t n;
    Pong *envs;
    float *observations;     /* (n, 8) */
    float *actions;          /* (n,) */
    float *rewards;          /* (n,) */
    unsigned char *terminals; /* (n,) */
    float *finals;           /* (n, 8), the last observation of the episode that ended latest */
    int32_t *tape;           /* (n, tape_length) */
    int64_t tape_length;
    int64_t *draws;          /* (n,), values of the tape consumed */
} Batch;

#ifdef ORACLE_FINAL
static Pong *stepped;
static float *stepped_final;

QUIET void __cyg_profile_func_enter(void *function, void *caller) {
    (void)caller;
    if (stepped == NULL || function != (void *)c_reset) {
        return;
    }
    Pong *env = stepped;
    stepped = NULL;
    float *returned = env->observations;
    env->observations = stepped_final;
    compute_observations(env);
    env->observations = returned;
}

QUIET void __cyg_profile_func_exit(void *function, void *caller) {
    (void)function;
    (void)caller;
}
#endif

QUIET static void select_env(Batch *batch, int64_t i) {
    active_tape = batch->tape == NULL ? NULL : batch->tape + i * batch->tape_length;
    active_length = batch->tape_length;
    active_draws = batch->draws + i;
}

QUIET static void step_env(Batch *batch, int64_t i) {
    select_env(batch, i);
#ifdef ORACLE_FINAL
    stepped = &batch->envs[i];
    stepped_final = batch->finals + OBSERVATION * i;
    c_step(&batch->envs[i]);
    stepped = NULL;
#else
    c_step(&batch->envs[i]);
#endif
}

#pragma GCC visibility pop

/* constants: the 11 lengths and speeds in the order of PONG_CONSTANTS, then max_score, frameskip, continuous. */
QUIET Batch *batch_new(int64_t n, const double *constants) {
    Batch *batch = calloc(1, sizeof(Batch));
    batch->n = n;
    batch->envs = calloc(n, sizeof(Pong));
    batch->observations = calloc(n * OBSERVATION, sizeof(float));
    batch->actions = calloc(n, sizeof(float));
    batch->rewards = calloc(n, sizeof(float));
    batch->terminals = calloc(n, 1);
    batch->finals = calloc(n * OBSERVATION, sizeof(float));
    batch->draws = calloc(n, sizeof(int64_t));
    for (int64_t i = 0; i < n; i++) {
        Pong *env = &batch->envs[i];
        env->observations = batch->observations + OBSERVATION * i;
        env->actions = batch->actions + i;
        env->rewards = batch->rewards + i;
        env->terminals = batch->terminals + i;
        env->width = constants[0];
        env->height = constants[1];
        env->paddle_width = constants[2];
        env->paddle_height = constants[3];
        env->ball_width = constants[4];
        env->ball_height = constants[5];
        env->paddle_speed = constants[6];
        env->ball_initial_speed_x = constants[7];
        env->ball_initial_speed_y = constants[8];
        env->ball_speed_y_increment = constants[9];
        env->ball_max_speed_y = constants[10];
        env->max_score = constants[11];
        env->frameskip = constants[12];
        env->continuous = constants[13];
        init(env);
    }
    return batch;
}

QUIET void batch_free(Batch *batch) {
    free(batch->envs);
    free(batch->observations);
    free(batch->actions);
    free(batch->rewards);
    free(batch->terminals);
    free(batch->finals);
    free(batch->draws);
    free(batch->tape);
    free(batch);
}

QUIET void batch_set_tape(Batch *batch, const int32_t *tape, int64_t length) {
    free(batch->tape);
    batch->tape = malloc(batch->n * length * sizeof(int32_t));
    memcpy(batch->tape, tape, batch->n * length * sizeof(int32_t));
    batch->tape_length = length;
    memset(batch->draws, 0, batch->n * sizeof(int64_t));
}

QUIET void batch_reset(Batch *batch) {
    for (int64_t i = 0; i < batch->n; i++) {
        select_env(batch, i);
        c_reset(&batch->envs[i]);
    }
}

/* The order of the original's vector code: seed and reset each environment in turn, on one shared generator. */
QUIET void batch_seed_reset(Batch *batch, uint32_t seed) {
    for (int64_t i = 0; i < batch->n; i++) {
        select_env(batch, i);
        srand((unsigned)(i + seed * batch->n));
        c_reset(&batch->envs[i]);
    }
}

/* Returns 1 if a tape has run out since the last call. */
QUIET int batch_overrun(void) {
    int result = tape_overrun;
    tape_overrun = 0;
    return result;
}

QUIET static void export_env(const Batch *batch, int64_t i, float *state, int32_t *extra) {
    const Pong *env = &batch->envs[i];
    const float values[STATE] = {env->paddle_yl, env->paddle_yr, env->ball_x,  env->ball_y,
                                 env->ball_vx,   env->ball_vy,   env->score_l, env->score_r};
    const int32_t others[EXTRA] = {env->tick, env->n_bounces, env->win};
    memcpy(state, values, sizeof values);
    memcpy(extra, others, sizeof others);
}

/* state (n, 8), extra (n, 3), observation (n, 8), log (n, 5). */
QUIET void batch_export(const Batch *batch, float *state, int32_t *extra, float *observation, float *log) {
    for (int64_t i = 0; i < batch->n; i++) {
        export_env(batch, i, state + STATE * i, extra + EXTRA * i);
        const Log *one = &batch->envs[i].log;
        const float values[LOG] = {one->perf, one->score, one->episode_return, one->episode_length, one->n};
        memcpy(log + LOG * i, values, sizeof values);
    }
    memcpy(observation, batch->observations, batch->n * OBSERVATION * sizeof(float));
}

QUIET void batch_draws(const Batch *batch, int64_t *draws) {
    memcpy(draws, batch->draws, batch->n * sizeof(int64_t));
}

QUIET void batch_load(Batch *batch, const float *state, const int32_t *extra) {
    for (int64_t i = 0; i < batch->n; i++) {
        Pong *env = &batch->envs[i];
        const float *row = state + STATE * i;
        env->paddle_yl = row[0];
        env->paddle_yr = row[1];
        env->ball_x = row[2];
        env->ball_y = row[3];
        env->ball_vx = row[4];
        env->ball_vy = row[5];
        env->score_l = row[6];
        env->score_r = row[7];
        env->tick = extra[EXTRA * i];
        env->n_bounces = extra[EXTRA * i + 1];
        env->win = extra[EXTRA * i + 2];
        compute_observations(env);
    }
}

/* steps of the whole batch with everything recorded; time is the first axis of every array.
 * actions (steps, n); observations, finals, states (steps, n, 8); extras (steps, n, 3); the others (steps, n). */
QUIET void batch_record(Batch *batch, int64_t steps, const float *actions, float *observations, float *finals,
                        float *rewards, unsigned char *terminals, float *states, int32_t *extras, int64_t *draws) {
    int64_t n = batch->n;
    for (int64_t t = 0; t < steps; t++) {
        memcpy(batch->actions, actions + t * n, n * sizeof(float));
        for (int64_t i = 0; i < n; i++) {
            step_env(batch, i);
            export_env(batch, i, states + STATE * (t * n + i), extras + EXTRA * (t * n + i));
        }
        memcpy(observations + OBSERVATION * t * n, batch->observations, n * OBSERVATION * sizeof(float));
        memcpy(finals + OBSERVATION * t * n, batch->finals, n * OBSERVATION * sizeof(float));
        memcpy(rewards + t * n, batch->rewards, n * sizeof(float));
        memcpy(terminals + t * n, batch->terminals, n);
        memcpy(draws + t * n, batch->draws, n * sizeof(int64_t));
    }
}

/* The loop that is timed: like the original's vector step, over a table of actions (period, n) that repeats. Every
 * step leaves observation, reward and terminal of every environment in the batch's buffers. */
QUIET void batch_run(Batch *batch, int64_t steps, const uint8_t *actions, int64_t period) {
    int64_t n = batch->n;
    for (int64_t t = 0; t < steps; t++) {
        const uint8_t *row = actions + (t % period) * n;
        for (int64_t i = 0; i < n; i++) {
            batch->actions[i] = row[i];
        }
        for (int64_t i = 0; i < n; i++) {
#ifdef ORACLE_TAPE
            step_env(batch, i);
#else
            c_step(&batch->envs[i]);
#endif
        }
    }
}

/* One step for host-side training: actions in, the batch's buffers hold the result. */
QUIET void batch_step(Batch *batch, const float *actions) {
    memcpy(batch->actions, actions, batch->n * sizeof(float));
    for (int64_t i = 0; i < batch->n; i++) {
        step_env(batch, i);
    }
}

QUIET float *batch_observations(Batch *batch) { return batch->observations; }
QUIET float *batch_finals(Batch *batch) { return batch->finals; }
QUIET float *batch_rewards(Batch *batch) { return batch->rewards; }
QUIET unsigned char *batch_terminals(Batch *batch) { return batch->terminals; }
