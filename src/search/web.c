/* web.c: the atoms of a group, parts that they may form, and the tensors that live beside these.
 * SPDX-License-Identifier: MIT
 */
#include "search/weave_internal.h"

#include <string.h>

/* ---- parts --------------------------------------------------------------------------------------------------------- */

/* Does an Einsum keep a chain from holding large values? One that sums and makes something that none of its operands
 * spans, as a matrix product does, stands alone. */
static bool spreads(const struct sinter_cascade *cascade, einsum_set atom)
{
    const struct sinter_einsum *einsum = &cascade->einsums[__builtin_ctzll(atom)];
    if (einsum->reduced_ranks == 0)
        return false;
    for (int k = 0; k < einsum->n_operands; k++)
        if ((einsum->result_ranks & ~einsum->operands[k].ranks) == 0)
            return false;
    return true;
}

static bool is_chain(struct weaver *weaver, einsum_set set)
{
    const struct context none = {0};
    const struct shape shape = {.kind = SINTER_CHAIN, .einsums = set};
    struct chain_memo *memo = &weaver->chains[set * UINT64_C(0x9E3779B97F4A7C15) >> 52];
    if (memo->set != set)
        *memo = (struct chain_memo){set, resolve_shape(weaver->mapper, &none, &shape)};
    return memo->is_legal;
}

static sinter_rank_set ranks_in(const struct sinter_cascade *cascade, einsum_set set, int tensor)
{
    sinter_rank_set ranks = 0;
    for (einsum_set rest = set; rest != 0; rest &= rest - 1) {
        const struct sinter_einsum *einsum = &cascade->einsums[__builtin_ctzll(rest)];
        for (int k = 0; k < einsum->n_operands; k++)
            ranks |= einsum->operands[k].tensor == tensor ? einsum->operands[k].ranks : 0;
        ranks |= einsum->result == tensor ? einsum->result_ranks : 0;
    }
    return ranks;
}

static void add_own(const struct sinter_cascade *cascade, struct part *part, int t, bool is_made)
{
    sinter_rank_set ranks = ranks_in(cascade, part->einsums, t);
    int n_users = 0;
    for (einsum_set rest = part->einsums; rest != 0; rest &= rest - 1)
        n_users += is_used_in(&cascade->tensors[t], rest & -rest);
    if (part->n_own < MOST_OWN)
        part->own[part->n_own++] = (struct own){.tensor = t,
                                                .is_made = is_made,
                                                .is_common = part->kind == SINTER_GROUP && n_users > 1,
                                                .ranks = ranks,
                                                .operand = find_operand(cascade, part->einsums, t)};
}

/* Does it live with others while this span runs, or is it the span's own? */
static void place_tensor(const struct web *web, int t, int lasting, struct span *span, struct part *part, int first,
                         int last)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    const struct sinter_tensor *tensor = &cascade->tensors[t];
    bool is_made = is_made_in(tensor, web->set), is_sent = tensor->role == SINTER_OUTPUT || tensor->n_readers == 0;
    for (int i = 0; i < tensor->n_readers; i++)
        is_sent |= (web->set >> tensor->readers[i] & 1) == 0;
    if (lasting >= 0 && (web->lasting[lasting].first < first || web->lasting[lasting].last > last)) {
        const struct lasting *l = &web->lasting[lasting];
        if (l->first > last || l->last < first)
            return;
        span->live |= (uint64_t)1 << lasting;
        if (l->first >= first && (l->is_external || l->is_sent))
            span->moves |= (uint64_t)1 << lasting;
    } else if (is_used_in(tensor, part->einsums)) {
        if (!is_made || is_sent || !is_read_in(tensor, part->einsums))
            add_own(cascade, part, t, is_made);
        else if (part->kind == SINTER_GROUP && part->n_inner < MOST_OWN)
            part->inner[part->n_inner++] = find_operand(cascade, part->einsums, t);
    }
    if (is_made_in(tensor, part->einsums) && tensor->look_back > 0 && part->n_carried < MOST_OWN)
        part->carried[part->n_carried++] = t;
}

static void find_lasting(struct web *web, bool holds_shared, int *index_of)
{
    const struct sinter_cascade *cascade = web->mapper->cascade;
    web->n_lasting = web->n_carried = web->n_external = 0;
    for (int t = 0; t < cascade->n_tensors; t++) {
        const struct sinter_tensor *tensor = &cascade->tensors[t];
        struct lasting lasting = {.tensor = t, .first = -1, .is_external = !is_made_in(tensor, web->set)};
        index_of[t] = -1;
        if (tensor->state_of >= 0)
            continue;
        for (int i = 0; i < web->n_atoms; i++) {
            if (!is_used_in(tensor, web->atoms[i]))
                continue;
            lasting.first = lasting.first < 0 ? i : lasting.first;
            lasting.last = i;
        }
        if (lasting.first < 0)
            continue;
        if (!lasting.is_external && tensor->look_back > 0 && web->n_carried < MOST_OWN)
            web->carried[web->n_carried++] = t;
        lasting.ranks = ranks_in(cascade, web->set, t);
        lasting.operand = find_operand(cascade, web->set, t);
        if (lasting.is_external && web->n_external < MOST_LASTING)
            web->external[web->n_external++] = lasting;
        if (lasting.first == lasting.last || (lasting.is_external && !holds_shared) || web->n_lasting == MOST_LASTING)
            continue;
        lasting.is_sent = tensor->role == SINTER_OUTPUT;
        for (int i = 0; i < tensor->n_readers; i++)
            lasting.is_sent |= (web->set >> tensor->readers[i] & 1) == 0;
        index_of[t] = web->n_lasting;
        web->lasting[web->n_lasting++] = lasting;
    }
}

bool find_spans(struct web *web, bool holds_shared)
{
    struct mapper *mapper = web->mapper;
    const struct sinter_cascade *cascade = mapper->cascade;
    struct sinter_arena *scratch = web->weaver->scratch;
    int *index_of = sinter_arena_alloc(scratch, (size_t)cascade->n_tensors, sizeof *index_of);
    web->spans = sinter_arena_alloc(scratch, (size_t)web->n_atoms * ((size_t)web->n_atoms + 1) / 2, sizeof *web->spans);
    if (web->spans == NULL || index_of == NULL) {
        mapper->failed = true;
        return false;
    }
    find_lasting(web, holds_shared, index_of);
    for (int first = 0; first < web->n_atoms; first++) {
        einsum_set set = 0;
        bool may_chain = !spreads(cascade, web->atoms[first]);
        for (int last = first; last < web->n_atoms; last++) {
            struct span *span = span_at(web, first, last);
            set |= web->atoms[last];
            bool is_single = (set & (set - 1)) == 0, is_atom = last == first;
            if (!is_atom && (spreads(cascade, web->atoms[first]) || spreads(cascade, web->atoms[last])))
                break;
            may_chain = may_chain && (is_single || is_chain(web->weaver, set));
            if (is_atom && !is_single && !may_chain)
                break; /* a recurrence that no chain runs */
            struct part part = {.einsums = set, .kind = is_single ? SINTER_LEAF : may_chain ? SINTER_CHAIN : SINTER_GROUP};
            for (int t = 0; t < cascade->n_tensors; t++)
                if (cascade->tensors[t].state_of < 0)
                    place_tensor(web, t, index_of[t], span, &part, first, last);
            span->part = find_part(mapper, &web->weaver->menus, &part);
            if (span->part == NULL)
                return false;
            span->is_legal = true;
        }
    }
    return true;
}

struct web *open_web(struct weaver *weaver, einsum_set set)
{
    struct mapper *mapper = weaver->mapper;
    struct web *web = sinter_arena_alloc(weaver->scratch, 1, sizeof *web);
    if (web == NULL) {
        mapper->failed = true;
        return NULL;
    }
    *web = (struct web){.weaver = weaver, .mapper = mapper, .set = set};
    web->common = common_ranks(mapper->cascade, set);
    web->memory = mapper->accel->units[mapper->unit_of[__builtin_ctzll(set)]].memory;
    web->room = 8 * mapper->accel->memories[web->memory].capacity_bytes;
    for (einsum_set rest = set; rest != 0; rest &= ~web->atoms[web->n_atoms++])
        web->atoms[web->n_atoms] = mapper->lattice->mates[__builtin_ctzll(rest)];
    memset(mapper->is_ignored, 0, (size_t)mapper->cascade->n_tensors * sizeof *mapper->is_ignored);
    return web;
}
