/* mpi_module.c: messages between the ranks of a sweep, by plain sends and receives of MPI.
 * SPDX-License-Identifier: MIT
 *
 * A message is its length, 8 bytes, and its bytes, cut into pieces of PIECE_BYTES at most. MPI sends pieces that small at once,
 * without asking the receiver: so a piece that can be seen is there as a whole, and a receive never waits for a sender that may
 * be dead. No call below waits for another rank, but for those that begin and end MPI.
 */
#include "cli/mpi/mpi_module.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PIECE_BYTES = 3584, HEADER_BYTES = 8, TAG = 1 };
#define MOST_BYTES ((uint64_t)1 << 40)

/* A message on its way out: MPI may read it until all requests are done. */
struct outgoing {
    struct outgoing *next;
    int n;
    MPI_Request *requests;
    char *bytes;
};

/* What has come of a message. */
struct incoming {
    char *bytes;
    size_t n, capacity;
};

/* MPI is one for a process. */
static struct {
    struct mpi_module module;
    struct outgoing *outgoing;
    struct incoming *incoming; /* by rank */
    int given;                 /* rank whose message was given out: its room is free at the next call; -1: none */
} state = {.given = -1};

/* ---- sending ------------------------------------------------------------------------------------------------------------- */

static void forget_sent(void)
{
    struct outgoing **at = &state.outgoing;
    while (*at != NULL) {
        struct outgoing *one = *at;
        int is_sent = 0;
        /* An error: nobody will read it. The requests are lost, the bytes may not be touched. */
        if (MPI_Testall(one->n, one->requests, &is_sent, MPI_STATUSES_IGNORE) == MPI_SUCCESS && is_sent) {
            *at = one->next;
            free(one->requests);
            free(one->bytes);
            free(one);
        } else
            at = &one->next;
    }
}

static bool send_message(void *context, int to, const void *bytes, size_t n)
{
    (void)context;
    size_t n_all = n + HEADER_BYTES, n_pieces = (n_all + PIECE_BYTES - 1) / PIECE_BYTES;
    struct outgoing *one = malloc(sizeof *one);
    char *copy = malloc(n_all);
    MPI_Request *requests = malloc(n_pieces * sizeof(MPI_Request));
    forget_sent();
    if (one == NULL || copy == NULL || requests == NULL || n_pieces > INT32_MAX) {
        free(one);
        free(copy);
        free(requests);
        return false;
    }
    for (int i = 0; i < HEADER_BYTES; i++) {
        uint8_t byte = (uint8_t)((uint64_t)n >> 8 * i & 255);
        memcpy(&copy[i], &byte, 1);
    }
    memcpy(copy + HEADER_BYTES, bytes, n);
    *one = (struct outgoing){state.outgoing, (int)n_pieces, requests, copy};
    for (size_t i = 0; i < n_pieces; i++) {
        size_t at = i * PIECE_BYTES, left = n_all - at;
        int n_piece = left < PIECE_BYTES ? (int)left : PIECE_BYTES;
        requests[i] = MPI_REQUEST_NULL;
        (void)MPI_Isend(copy + at, n_piece, MPI_BYTE, to, TAG, MPI_COMM_WORLD, &requests[i]); /* a failure is silence */
    }
    state.outgoing = one;
    return true;
}

/* ---- receiving ----------------------------------------------------------------------------------------------------------- */

static size_t length_of(const struct incoming *in)
{
    uint64_t n = 0;
    for (int i = HEADER_BYTES - 1; i >= 0; i--)
        n = n << 8 | (uint8_t)in->bytes[i];
    return n < MOST_BYTES ? (size_t)n : (size_t)MOST_BYTES;
}

static bool reserve(struct incoming *in, size_t n)
{
    if (n <= in->capacity)
        return true;
    char *bytes = realloc(in->bytes, n);
    if (bytes == NULL)
        return false;
    in->bytes = bytes;
    in->capacity = n;
    return true;
}

/* One piece, if there is one: 1; 0: none; -1: no memory, or not one of ours. */
static int take_piece(int *from)
{
    MPI_Status status;
    int is_there = 0, n = 0;
    if (MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &is_there, &status) != MPI_SUCCESS || !is_there ||
        MPI_Get_count(&status, MPI_BYTE, &n) != MPI_SUCCESS)
        return 0;
    struct incoming *in = &state.incoming[status.MPI_SOURCE];
    bool is_first = in->n < HEADER_BYTES;
    *from = status.MPI_SOURCE;
    if (n < 1 || n > PIECE_BYTES || !reserve(in, in->n + (size_t)n) ||
        MPI_Recv(in->bytes + in->n, n, MPI_BYTE, status.MPI_SOURCE, TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE) != MPI_SUCCESS)
        return -1;
    in->n += (size_t)n;
    if (in->n < HEADER_BYTES || in->n > length_of(in) + HEADER_BYTES)
        return -1;
    return is_first && !reserve(in, length_of(in) + HEADER_BYTES) ? -1 : 1;
}

static int receive_message(void *context, int milliseconds, int *from, const void **bytes, size_t *n)
{
    static const struct timespec pause = {.tv_nsec = 500000};
    struct timespec begin, now;
    (void)context;
    if (state.given >= 0)
        state.incoming[state.given].n = 0;
    state.given = -1;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (double waited = 0;;) {
        int taken = take_piece(from);
        if (taken < 0)
            return -1;
        struct incoming *in = taken == 0 ? NULL : &state.incoming[*from];
        if (in != NULL && in->n == length_of(in) + HEADER_BYTES) {
            *bytes = in->bytes + HEADER_BYTES;
            *n = in->n - HEADER_BYTES;
            state.given = *from;
            return 1;
        }
        if (in != NULL)
            continue;
        forget_sent();
        if (waited >= milliseconds)
            return 0;
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        waited = 1e3 * (double)(now.tv_sec - begin.tv_sec) + 1e-6 * (double)(now.tv_nsec - begin.tv_nsec);
    }
}

/* ---- beginning and ending ------------------------------------------------------------------------------------------------ */

/* mpirun of Open MPI tells its ranks whether it lets them go on without one that died. */
static bool survives_losses(void)
{
    const char *recovery = getenv("OMPI_MCA_orte_enable_recovery");
    return recovery != NULL && recovery[0] != '\0' && recovery[0] != '0' && recovery[0] != 'f';
}

static void end_mpi(bool is_lost, int code)
{
    static const struct timespec pause = {.tv_nsec = 1000000};
    for (int i = 0; i < 500 && state.outgoing != NULL && !is_lost; i++) {
        forget_sent();
        nanosleep(&pause, NULL);
    }
    /* A lost rank that is stopped, or out of reach, and not dead: mpirun would wait for it. */
    if (is_lost && !state.module.survives_losses)
        MPI_Abort(MPI_COMM_WORLD, code);
    MPI_Finalize();
}

__attribute__((visibility("default"))) mpi_module_begin sinter_mpi_begin_1;

bool sinter_mpi_begin_1(struct mpi_module **module)
{
    int provided = 0, rank = 0, n_ranks = 1;
    /* Open MPI: MPI_Finalize waits for nobody. All that matters is said by then, and a rank that died says nothing. */
    setenv("OMPI_MCA_async_mpi_finalize", "1", 1);
    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS || provided < MPI_THREAD_FUNNELED)
        return false;
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &n_ranks);
    state.incoming = calloc((size_t)n_ranks, sizeof *state.incoming);
    if (state.incoming == NULL)
        return false;
    state.module = (struct mpi_module){
        .team = {rank, n_ranks, NULL, send_message, receive_message}, .survives_losses = survives_losses(), .end = end_mpi};
    *module = &state.module;
    return true;
}
