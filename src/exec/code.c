/* code.c: leaves as code.
 * SPDX-License-Identifier: MIT
 *
 * A leaf computes in blocks: boxes of the points of its ranks. Inside a block its Einsums are computed one after the other, and
 * what one makes for another stands in a temporary of the block's size. A rank along which something in the leaf is handed on
 * is gone through one by one; the lane rank, along which operations take many elements at once, in pieces of at most LANES; the
 * others whole, unless that makes a block too large. A leaf of one Einsum needs no temporaries, and no blocks but the first kind.
 */
#include "exec/executor.h"

#include <string.h>

static int64_t range_of(const struct executor *executor, int node, int rank)
{
    return sinter_plan_range(executor->plan, node, rank);
}

static sinter_rank_set bit(int rank)
{
    return (sinter_rank_set)1 << rank;
}

static bool has(sinter_rank_set set, int rank)
{
    return (set >> rank & 1) != 0;
}

/* ---- where elements are found ------------------------------------------------------------------------------------------ */

static bool same_indices(const struct sinter_access *a, const struct sinter_access *b, int n_dims)
{
    if (a->tensor != b->tensor)
        return false;
    for (int d = 0; d < n_dims; d++) {
        const struct sinter_index *i = &a->indices[d], *k = &b->indices[d];
        if (i->n_terms != k->n_terms || i->constant != k->constant)
            return false;
        for (int t = 0; t < i->n_terms; t++)
            if (i->terms[t].rank != k->terms[t].rank || i->terms[t].coefficient != k->terms[t].coefficient)
                return false;
    }
    return true;
}

static int operand_of(const struct sinter_einsum *einsum, const struct sinter_access *access, int n_dims)
{
    for (int k = 0; k < einsum->n_operands; k++)
        for (int i = 0; i < einsum->operands[k].n_accesses; i++)
            if (same_indices(&einsum->operands[k].accesses[i], access, n_dims))
                return k;
    return -1;
}

/* Does the access read its tensor at the very point that is computed? */
static bool is_direct(const struct sinter_access *access, const struct sinter_tensor *t)
{
    for (int d = 0; d < t->n_dims; d++) {
        const struct sinter_index *index = &access->indices[d];
        if (index->n_terms != 1 || index->constant != 0 || index->terms[0].coefficient != 1 ||
            index->terms[0].rank != t->dims[d])
            return false;
    }
    return true;
}

/* Does it read the tensor some points before the one that is computed, along the look-back rank alone? */
static bool looks_straight_back(const struct sinter_access *access, const struct sinter_tensor *t)
{
    for (int d = 0; d < t->n_dims; d++) {
        const struct sinter_index *index = &access->indices[d];
        bool is_back = t->dims[d] == t->look_back_rank;
        if (index->n_terms != 1 || index->terms[0].coefficient != 1 || index->terms[0].rank != t->dims[d] ||
            (is_back ? index->constant >= 0 : index->constant != 0))
            return false;
    }
    return true;
}

static const struct member *maker_of(const struct code *code, int tensor)
{
    for (int m = 0; m < code->n_members; m++)
        if (code->members[m].einsum->result == tensor)
            return &code->members[m];
    return NULL;
}

static int carry_of(const struct executor *executor, int tensor, int group)
{
    for (int i = 0; i < executor->n_places; i++) {
        const struct sinter_tile *tile = executor->places[i].tile;
        if (tile->kind == SINTER_TILE_CARRY && tile->tensor == tensor && executor->plan->nodes[tile->leaf].group == group)
            return i;
    }
    return -1;
}

static void find_element(struct executor *executor, struct code *code, struct member *member, struct fetch *fetch)
{
    const struct sinter_plan *plan = executor->plan;
    const struct sinter_tensor *t = fetch->tensor;
    int tensor = fetch->access->tensor, einsum = plan->members[plan->nodes[code->node].first_member + member->index];
    int operand = operand_of(member->einsum, fetch->access, t->n_dims);
    int tile = operand < 0 ? -1 : plan->use_tiles[plan->first_use[einsum] + operand];
    const struct member *maker = maker_of(code, tensor);
    fetch->maker = fetch->inner = fetch->keeper = fetch->ring = -1;
    if (maker != NULL && is_direct(fetch->access, t) && maker->index < member->index) {
        fetch->maker = maker->index;
        code->members[maker->index].is_kept = true;
        return;
    }
    if (maker != NULL && maker->result >= 0) {
        fetch->places[fetch->n_places++] = maker->result;
    } else if (maker != NULL && maker->index < member->index) {
        fetch->inner = maker->index;
        code->members[maker->index].is_kept = true;
    }
    if (tile >= 0 && (fetch->n_places == 0 || fetch->places[0] != tile))
        fetch->places[fetch->n_places++] = tile;
    fetch->ring = carry_of(executor, tensor, plan->nodes[code->node].group);
    if (tile >= 0 && !plan->tiles[tile].is_produced && fetch->ring != tile)
        fetch->ring = -1; /* its slices come through that tile */
    fetch->is_previous = fetch->n_places == 0 && fetch->ring >= 0 && looks_straight_back(fetch->access, t);
    if (maker != NULL && maker->result < 0 && fetch->ring < 0) {
        fetch->keeper = maker->index;
        code->members[maker->index].is_kept = true;
        code->members[maker->index].n_slices = 1; /* counted when ranges are known */
    } else if (fetch->n_places == 0 && fetch->ring < 0)
        executor_fail(executor, "'%s' finds no tile of '%s'", member->einsum->name, t->name);
}

/* ---- lanes and blocks ---------------------------------------------------------------------------------------------------- */

/* Ranks along which something that the leaf makes is read further on in it. */
static sinter_rank_set serial_ranks(const struct executor *executor, const struct code *code)
{
    sinter_rank_set serial = 0;
    for (int m = 0; m < code->n_members; m++) {
        const struct sinter_einsum *einsum = code->members[m].einsum;
        for (int a = 0; a < einsum->n_accesses; a++) {
            const struct sinter_tensor *t = &executor->cascade->tensors[einsum->accesses[a].tensor];
            const struct member *maker = maker_of(code, einsum->accesses[a].tensor);
            if (maker != NULL && !(is_direct(&einsum->accesses[a], t) && maker->index < m) && t->look_back_rank >= 0)
                serial |= bit(t->look_back_rank);
        }
    }
    return serial;
}

static int last_reduced(const struct sinter_einsum *einsum)
{
    return einsum->reduced_ranks == 0 ? -1 : einsum->rank_order[einsum->n_ranks - 1];
}

static double steps_with(const struct executor *executor, const struct code *code, const struct member *member, int lane)
{
    double points = 1, lanes = 1;
    for (int i = 0; i < member->einsum->n_ranks; i++)
        points *= (double)range_of(executor, code->node, member->einsum->rank_order[i]);
    if (lane >= 0 && has(member->einsum->ranks, lane)) {
        double range = (double)range_of(executor, code->node, lane);
        range = range > LANES ? LANES : range;
        if (has(member->einsum->result_ranks, lane))
            lanes = range;
    }
    return points / lanes;
}

static int best_lane(const struct executor *executor, const struct code *code, const struct member *members, int n,
                     sinter_rank_set candidates)
{
    int best = -1;
    double least = 0;
    for (int r = -1; r < executor->cascade->n_ranks; r++) {
        if (r >= 0 && (!has(candidates, r) || range_of(executor, code->node, r) < 2))
            continue;
        double steps = 0;
        for (int m = 0; m < n; m++)
            steps += steps_with(executor, code, &members[m], r);
        if (r < 0 || steps <= least) {
            least = steps;
            best = r;
        }
    }
    return best;
}

/* Sums in other orders than the text's would round otherwise: blocks may cut a sum along its first rank only. */
static int first_reduced(const struct sinter_einsum *einsum, int split)
{
    for (int i = 0; i < einsum->n_ranks; i++)
        if (split >= 0 && has(einsum->exprs[split].reduced, einsum->rank_order[i]))
            return einsum->rank_order[i];
    return -1;
}

static sinter_rank_set all_reduced(const struct code *code)
{
    sinter_rank_set ranks = 0;
    for (int m = 0; m < code->n_members; m++)
        ranks |= code->members[m].einsum->reduced_ranks;
    return ranks;
}

static void choose_blocks(const struct executor *executor, struct code *code, sinter_rank_set serial, int lane)
{
    int64_t points = 1;
    sinter_rank_set ranks = 0, fixed = serial | all_reduced(code) | (lane >= 0 ? bit(lane) : 0);
    for (int m = 0; m < code->n_members; m++)
        ranks |= code->members[m].einsum->ranks;
    for (int r = 0; r < executor->cascade->n_ranks; r++) {
        code->block[r] = range_of(executor, code->node, r);
        if (!has(ranks, r))
            continue;
        if (has(serial, r))
            code->block[r] = 1;
        else if (r == lane && code->n_members > 1 && code->block[r] > LANES)
            code->block[r] = LANES;
        points = points > INT64_MAX / code->block[r] ? INT64_MAX : points * code->block[r];
    }
    for (int r = 0; r < executor->cascade->n_ranks && points > MOST_BLOCK && code->n_members > 1; r++) {
        if (!has(ranks, r) || has(fixed, r))
            continue;
        points /= code->block[r];
        code->block[r] = 1;
    }
    while (points > MOST_BLOCK && lane >= 0 && code->n_members > 1 && code->block[lane] > 64) {
        code->block[lane] = code->block[lane] > 128 ? code->block[lane] / 2 : 64;
        points /= 2;
    }
    code->n_ranks = 0;
    for (int is_whole = 0; is_whole < 2; is_whole++) {
        for (int r = 0; r < executor->cascade->n_ranks; r++) {
            bool is_cut = code->block[r] < range_of(executor, code->node, r);
            if (has(ranks, r) && r != lane && is_cut == (is_whole == 0))
                code->ranks[code->n_ranks++] = r;
        }
        if (lane >= 0 && (code->block[lane] < range_of(executor, code->node, lane)) == (is_whole == 0))
            code->ranks[code->n_ranks++] = lane;
        if (is_whole == 0)
            code->n_blocked = code->n_ranks;
    }
}

/* What a member must wait for: blocks of ranks that it reduces, or that whatever it reads in the leaf reduces. */
static bool find_waits(struct executor *executor, struct code *code, struct member *member)
{
    const struct sinter_einsum *einsum = member->einsum;
    member->gathered = member->waits = 0;
    for (int i = 0; i < code->n_blocked; i++)
        member->gathered |= einsum->reduced_ranks & bit(code->ranks[i]);
    member->split = -1;
    if ((member->cut | member->gathered) != 0) {
        member->split = sinter_einsum_split(einsum, member->cut | member->gathered);
        if (member->split < 0)
            return false;
    }
    member->waits = member->gathered;
    for (int a = 0; a < einsum->n_accesses; a++) {
        int maker = member->fetches[a].maker >= 0 ? member->fetches[a].maker : member->fetches[a].inner;
        if (maker >= 0)
            member->waits |= code->members[maker].waits;
    }
    int first = first_reduced(einsum, member->split);
    sinter_rank_set pieces = member->cut | member->gathered;
    if ((pieces & ~(first >= 0 ? bit(first) : 0)) != 0 || (member->cut != 0 && member->is_rounded))
        executor->execution->splits_sums = true;
    return true;
}

static void choose_lanes(struct executor *executor, struct code *code)
{
    sinter_rank_set serial = serial_ranks(executor, code), ranks = 0;
    for (int m = 0; m < code->n_members; m++)
        ranks |= code->members[m].einsum->ranks;
    int lane = best_lane(executor, code, code->members, code->n_members, ranks & ~serial);
    choose_blocks(executor, code, serial, lane);
    for (int m = 0; m < code->n_members; m++) {
        struct member *member = &code->members[m];
        int last = last_reduced(member->einsum);
        sinter_rank_set mine = member->einsum->result_ranks & ~serial;
        if (last >= 0 && !has(serial, last))
            mine |= bit(last);
        member->lane =
            lane >= 0 && has(member->einsum->result_ranks, lane) ? lane : best_lane(executor, code, member, 1, mine);
        member->is_lane_reduced = member->lane >= 0 && !has(member->einsum->result_ranks, member->lane);
    }
    for (int m = 0; m < code->n_members; m++) {
        if (!find_waits(executor, code, &code->members[m])) {
            executor_fail(executor, "'%s' has more than one unfinished value between blocks of its chain",
                          code->members[m].einsum->name);
            return;
        }
    }
}

/* ---- building ----------------------------------------------------------------------------------------------------------- */

static void vote(struct executor *executor, const struct member *member, const struct fetch *fetch)
{
    if (member->lane < 0)
        return;
    for (int p = 0; p < fetch->n_places; p++)
        for (int d = 0; d < fetch->tensor->n_dims; d++)
            for (int k = 0; k < fetch->access->indices[d].n_terms; k++)
                if (fetch->access->indices[d].terms[k].rank == member->lane)
                    executor->places[fetch->places[p]].votes[d]++;
    if (fetch->ring >= 0)
        for (int d = 0; d < fetch->tensor->n_dims; d++)
            if (fetch->tensor->dims[d] == member->lane)
                executor->places[fetch->ring].votes[d]++;
}

static void vote_for_result(struct executor *executor, const struct member *member)
{
    const int places[2] = {member->result, member->hand_on};
    for (int i = 0; i < 2; i++)
        for (int d = 0; places[i] >= 0 && d < executor->places[places[i]].n_dims; d++)
            if (executor->places[places[i]].tensor->dims[d] == member->lane)
                executor->places[places[i]].votes[d]++;
}

static bool add_member(struct executor *executor, struct code *code, int m)
{
    const struct sinter_plan *plan = executor->plan;
    const struct sinter_plan_node *node = &plan->nodes[code->node];
    struct member *member = &code->members[m];
    int einsum = plan->members[node->first_member + m];
    member->index = m;
    member->einsum = &plan->cascade->einsums[einsum];
    member->result = plan->use_tiles[plan->first_use[einsum] + member->einsum->n_operands];
    member->hand_on = member->result < 0 ? carry_of(executor, member->einsum->result, node->group) : -1;
    member->is_kept = member->hand_on >= 0;
    member->cut = node->looped & member->einsum->reduced_ranks;
    struct sinter_format own = sinter_format_of((struct sinter_type){SINTER_FLOAT, executor->numerics->arithmetic});
    member->is_rounded = !sinter_format_equal(&own, &executor->numerics->formats[member->einsum->result]);
    member->fetches = sinter_arena_alloc(executor->arena, (size_t)member->einsum->n_accesses + 1, sizeof *member->fetches);
    if (member->fetches == NULL)
        return false;
    for (int a = 0; a < member->einsum->n_accesses; a++) {
        struct fetch *fetch = &member->fetches[a];
        fetch->access = &member->einsum->accesses[a];
        fetch->tensor = &plan->cascade->tensors[fetch->access->tensor];
        for (int s = 0; s < 3; s++) {
            fetch->steps[s] = sinter_arena_alloc(executor->arena, (size_t)member->einsum->n_ranks + 1, sizeof(int64_t));
            if (fetch->steps[s] == NULL)
                return false;
        }
    }
    return true;
}

static bool find_begun(struct executor *executor, struct code *code)
{
    const struct sinter_plan *plan = executor->plan;
    for (int pass = 0; pass < 2; pass++) {
        code->n_begun = 0;
        for (int i = 0; i < plan->n_tiles; i++) {
            const struct sinter_tile *tile = &plan->tiles[i];
            if ((!tile->is_produced && tile->kind != SINTER_TILE_CARRY) || code->node < tile->begin ||
                code->node >= tile->end)
                continue;
            if (pass == 1)
                code->begun[code->n_begun] = i;
            code->n_begun++;
        }
        if (pass == 0)
            code->begun = sinter_arena_alloc(executor->arena, (size_t)code->n_begun + 1, sizeof *code->begun);
        if (code->begun == NULL)
            return false;
    }
    return true;
}

static struct code *code_new(struct executor *executor, int node)
{
    struct code *code = sinter_arena_alloc(executor->arena, 1, sizeof *code);
    if (code == NULL)
        return NULL;
    code->node = node;
    code->n_members = executor->plan->nodes[node].n_members;
    code->members = sinter_arena_alloc(executor->arena, (size_t)code->n_members, sizeof *code->members);
    if (code->members == NULL || !find_begun(executor, code))
        return NULL;
    for (int m = 0; m < code->n_members; m++)
        if (!add_member(executor, code, m))
            return NULL;
    for (int m = 0; m < code->n_members; m++)
        for (int a = 0; a < code->members[m].einsum->n_accesses; a++)
            find_element(executor, code, &code->members[m], &code->members[m].fetches[a]);
    choose_lanes(executor, code);
    for (int m = 0; m < code->n_members; m++) {
        for (int a = 0; a < code->members[m].einsum->n_accesses; a++)
            vote(executor, &code->members[m], &code->members[m].fetches[a]);
        vote_for_result(executor, &code->members[m]);
    }
    return code;
}

bool codes_new(struct executor *executor)
{
    const struct sinter_plan *plan = executor->plan;
    executor->codes = sinter_arena_alloc(executor->arena, (size_t)plan->n_nodes + 1, sizeof(struct code *));
    if (executor->codes == NULL)
        return false;
    for (int i = 0; i < plan->n_nodes && executor->problem[0] == '\0'; i++) {
        if (plan->nodes[i].n_members == 0)
            continue;
        executor->codes[i] = code_new(executor, i);
        if (executor->codes[i] == NULL)
            return false;
    }
    return true;
}

/* ---- linking ------------------------------------------------------------------------------------------------------------ */

static void link_fetch(struct executor *executor, const struct member *member, struct fetch *fetch)
{
    for (int s = 0; s < 3; s++) {
        int place = s < fetch->n_places ? fetch->places[s] : s == 2 ? fetch->ring : -1;
        for (int i = 0; place >= 0 && i < member->einsum->n_ranks; i++) {
            fetch->steps[s][i] = 0;
            for (int d = 0; d < fetch->tensor->n_dims; d++) {
                const struct sinter_index *index = &fetch->access->indices[d];
                for (int k = 0; k < index->n_terms; k++)
                    if (index->terms[k].rank == member->einsum->rank_order[i] && d != executor->places[place].view.ring)
                        fetch->steps[s][i] += index->terms[k].coefficient * executor->places[place].view.stride[d];
            }
        }
    }
}

/* The lane innermost, the other ranks of the result in its order. Returns the elements. */
static int64_t lay_out(const struct executor *executor, const struct member *member, const int64_t *size, int64_t *stride)
{
    const struct sinter_tensor *t = &executor->cascade->tensors[member->einsum->result];
    int64_t step = 1;
    if (member->lane >= 0 && !member->is_lane_reduced) {
        stride[member->lane] = 1;
        step = size[member->lane];
    }
    for (int d = t->n_dims - 1; d >= 0; d--) {
        if (t->dims[d] == member->lane)
            continue;
        stride[t->dims[d]] = step;
        step *= size[t->dims[d]];
    }
    return step;
}

void codes_link(struct executor *executor)
{
    for (int node = 0; node < executor->plan->n_nodes; node++) {
        struct code *code = executor->codes[node];
        for (int m = 0; code != NULL && m < code->n_members; m++) {
            struct member *member = &code->members[m];
            int64_t ranges[SINTER_MAX_RANKS];
            for (int a = 0; a < member->einsum->n_accesses; a++)
                link_fetch(executor, member, &member->fetches[a]);
            for (int r = 0; r < executor->cascade->n_ranks; r++)
                ranges[r] = range_of(executor, node, r);
            member->size = lay_out(executor, member, code->block, member->stride);
            member->n_sums = lay_out(executor, member, ranges, member->sum_stride);
            const struct sinter_tensor *t = &executor->cascade->tensors[member->einsum->result];
            if (member->n_slices > 0) {
                ranges[t->look_back_rank] = t->look_back;
                member->n_slices = lay_out(executor, member, ranges, member->slice_stride);
            }
            for (int i = 0; i < member->einsum->n_ranks; i++)
                if (member->einsum->rank_order[i] == member->lane)
                    member->lane_at = i;
        }
    }
}
