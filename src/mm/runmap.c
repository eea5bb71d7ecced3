/* runmap.c: the B+ tree of runs; see runmap.h. Calls its pool and nothing else; takes no lock.
 * A change inside one leaf is done by one splice (nearly always); any other is composed of insertions and removals of
 * single keys, each of which leaves the whole tree valid. */
#include "mm/runmap.h"

#include <string.h>

/* The last of `count` ascending keys that is <= page. */
static inline unsigned locate(const uint64_t *key, unsigned count, uint64_t page)
{
    unsigned low = 0;
    while (count > 1) {
        unsigned half = count / 2;
        low += key[low + half] <= page ? half : 0;
        count -= half;
    }
    return low;
}

__attribute__((noinline)) static unsigned locate_far(const uint64_t *key, unsigned count, uint64_t page)
{
    return locate(key, count, page);
}

/* The same where the answer is likely the entry of before or one of the next two. */
static inline unsigned locate_near(const uint64_t *key, unsigned count, uint64_t page, unsigned near)
{
    for (unsigned i = near; i < count && i < near + 3 && key[i] <= page; i++) {
        if (i + 1 == count || key[i + 1] > page)
            return i;
    }
    return locate_far(key, count, page);
}

/* The way to a page, left in the map's finger. */
static struct runmap_path *seek(struct runmap *map, uint64_t page)
{
    struct runmap_path *path = &map->finger;
    if (page >= map->finger_start && page < map->finger_end) {
        struct runmap_node *leaf = path->node[0];
        path->index[0] = locate_near(leaf->u.leaf.key, leaf->count, page, path->index[0]);
        return path;
    }
    struct runmap_node *node = map->root;
    uint64_t limit = map->top;
    for (int level = map->height; level > 0; level--) {
        unsigned i = locate(node->u.inner.key, node->count, page);
        path->node[level] = node;
        path->index[level] = i;
        path->limit[level] = limit;
        if (i + 1 < node->count)
            limit = node->u.inner.key[i + 1];
        node = node->u.inner.child[i];
    }
    path->node[0] = node;
    path->index[0] = locate(node->u.leaf.key, node->count, page);
    path->limit[0] = limit;
    map->finger_start = node->u.leaf.key[0];
    map->finger_end = limit;
    return path;
}

/* The tree changes its shape: the way that is known no longer holds. */
static void lift_finger(struct runmap *map)
{
    map->finger_start = map->finger_end = 0;
}

static inline struct run run_at(const struct runmap_node *leaf, unsigned i, uint64_t limit)
{
    return (struct run){
        .start = leaf->u.leaf.key[i],
        .end = i + 1 < leaf->count ? leaf->u.leaf.key[i + 1] : limit,
        .value = leaf->u.leaf.value[i],
        .next = i + 1 < leaf->count ? leaf->u.leaf.value[i + 1] : 0,
    };
}

static struct run find_from_root(const struct runmap *map, uint64_t page)
{
    const struct runmap_node *node = map->root;
    uint64_t limit = map->top;
    for (int level = map->height; level > 0; level--) {
        unsigned i = locate(node->u.inner.key, node->count, page);
        if (i + 1 < node->count)
            limit = node->u.inner.key[i + 1];
        node = node->u.inner.child[i];
        for (unsigned line = 1; level == 1 && line < RUNMAP_LEAF / 8; line++) /* one miss instead of several in a row */
            __builtin_prefetch(&node->u.leaf.key[line * 8]), __builtin_prefetch(&node->u.leaf.value[line * 8]);
    }
    return run_at(node, locate(node->u.leaf.key, node->count, page), limit);
}

struct run runmap_find(const struct runmap *map, uint64_t page)
{
    const struct runmap_node *leaf = map->finger.node[0];
    if (__builtin_expect(page < map->finger_start || page >= map->finger_end, 0))
        return find_from_root(map, page);
    return run_at(leaf, locate_near(leaf->u.leaf.key, leaf->count, page, map->finger.index[0]), map->finger_end);
}

static uint64_t usable_run(uint64_t start, uint64_t end)
{
    start = (start + RUNMAP_GRANULE - 1) & ~(uint64_t)(RUNMAP_GRANULE - 1);
    uint64_t usable = end > start ? end - start : 0;
    return usable < RUNMAP_USABLE_MOST ? usable : RUNMAP_USABLE_MOST;
}

/* The largest free run; looks no further when it has found one of `most`. */
static uint64_t usable_up_to(const struct runmap_node *node, bool leaf, uint64_t limit, uint64_t most)
{
    uint64_t best = 0;
    for (unsigned i = node->count; i-- > 0 && best < most;) {
        uint64_t here = 0;
        if (!leaf)
            here = node->u.inner.usable[i];
        else if (node->u.leaf.value[i] == 0)
            here = usable_run(node->u.leaf.key[i], limit);
        if (leaf)
            limit = node->u.leaf.key[i];
        best = here > best ? here : best;
    }
    return best;
}

static uint64_t usable_of(const struct runmap_node *node, bool leaf, uint64_t limit)
{
    return usable_up_to(node, leaf, limit, RUNMAP_USABLE_MOST);
}

/* Brings the free-space figures above a changed leaf up to date. */
static void refresh_path(const struct runmap *map, const struct runmap_path *path)
{
    for (int level = 0; level < map->height; level++) {
        struct runmap_node *parent = path->node[level + 1];
        parent->u.inner.usable[path->index[level + 1]] = usable_of(path->node[level], level == 0, path->limit[level]);
    }
}

/* The same after one change in the leaf: `lost` and `gained` are the largest free runs that went and came. Stops where
 * nothing changes above. */
static void refresh_change(const struct runmap *map, const struct runmap_path *path, uint64_t lost, uint64_t gained)
{
    for (int level = 0; level < map->height; level++) {
        uint64_t *usable = &path->node[level + 1]->u.inner.usable[path->index[level + 1]];
        uint64_t before = *usable;
        if (gained >= before)
            *usable = gained;
        else if (lost == before)
            *usable = usable_up_to(path->node[level], level == 0, path->limit[level], before);
        if (*usable == before)
            return;
        lost = before;
        gained = *usable;
    }
}

static void refresh(struct runmap *map, uint64_t page)
{
    refresh_path(map, seek(map, page));
}

static void open_inner(struct runmap_node *node, unsigned at)
{
    size_t tail = node->count - at;
    memmove(&node->u.inner.key[at + 1], &node->u.inner.key[at], tail * sizeof(uint64_t));
    memmove(&node->u.inner.child[at + 1], &node->u.inner.child[at], tail * sizeof(node->u.inner.child[0]));
    memmove(&node->u.inner.usable[at + 1], &node->u.inner.usable[at], tail * sizeof(uint64_t));
    node->count++;
}

static void close_inner(struct runmap_node *node, unsigned at)
{
    size_t tail = node->count - at - 1;
    memmove(&node->u.inner.key[at], &node->u.inner.key[at + 1], tail * sizeof(uint64_t));
    memmove(&node->u.inner.child[at], &node->u.inner.child[at + 1], tail * sizeof(node->u.inner.child[0]));
    memmove(&node->u.inner.usable[at], &node->u.inner.usable[at + 1], tail * sizeof(uint64_t));
    node->count--;
}

static inline void open_leaf(struct runmap_node *leaf, unsigned at)
{
    size_t tail = (leaf->count - at) * sizeof(uint64_t);
    if (tail == sizeof(uint64_t)) { /* the last run of all, behind the free one that is used up: no call */
        leaf->u.leaf.key[at + 1] = leaf->u.leaf.key[at];
        leaf->u.leaf.value[at + 1] = leaf->u.leaf.value[at];
        leaf->count++;
        return;
    }
    memmove(&leaf->u.leaf.key[at + 1], &leaf->u.leaf.key[at], tail);
    memmove(&leaf->u.leaf.value[at + 1], &leaf->u.leaf.value[at], tail);
    leaf->count++;
}

static inline void close_leaf(struct runmap_node *leaf, unsigned at, unsigned count)
{
    size_t tail = (leaf->count - at - count) * sizeof(uint64_t);
    memmove(&leaf->u.leaf.key[at], &leaf->u.leaf.key[at + count], tail);
    memmove(&leaf->u.leaf.value[at], &leaf->u.leaf.value[at + count], tail);
    leaf->count -= count;
}

/* Appends the entries of `from` beginning at `first` to `to`. */
static void append(struct runmap_node *to, const struct runmap_node *from, unsigned first, bool leaf)
{
    size_t n = from->count - first;
    if (leaf) {
        memcpy(&to->u.leaf.key[to->count], &from->u.leaf.key[first], n * sizeof(uint64_t));
        memcpy(&to->u.leaf.value[to->count], &from->u.leaf.value[first], n * sizeof(uint64_t));
    } else {
        memcpy(&to->u.inner.key[to->count], &from->u.inner.key[first], n * sizeof(uint64_t));
        memcpy(&to->u.inner.child[to->count], &from->u.inner.child[first], n * sizeof(to->u.inner.child[0]));
        memcpy(&to->u.inner.usable[to->count], &from->u.inner.usable[first], n * sizeof(uint64_t));
    }
    to->count += (uint32_t)n;
}

/* Splits child i of a parent that has room; `limit` is the parent's. What grows at its end (allocation after
 * allocation) is split near its end, which leaves full nodes behind. */
static void split_child(struct runmap *map, struct runmap_node *parent, unsigned i, bool leaf, uint64_t limit,
                        uint64_t page)
{
    struct runmap_node *left = parent->u.inner.child[i];
    struct runmap_node *right = mm_pool_take(&map->nodes);
    const uint64_t *key = leaf ? left->u.leaf.key : left->u.inner.key;
    unsigned half = page >= key[left->count - 1] ? left->count - 2 : left->count / 2;
    uint64_t end = i + 1 < parent->count ? parent->u.inner.key[i + 1] : limit;
    append(right, left, half, leaf);
    left->count = half;
    uint64_t first = leaf ? right->u.leaf.key[0] : right->u.inner.key[0];
    open_inner(parent, i + 1);
    parent->u.inner.key[i + 1] = first;
    parent->u.inner.child[i + 1] = right;
    parent->u.inner.usable[i + 1] = usable_of(right, leaf, end);
    parent->u.inner.usable[i] = usable_of(left, leaf, first);
}

/* Splits every full node on the way to `page`, so that its leaf has room for one more entry. */
static void make_room(struct runmap *map, uint64_t page)
{
    unsigned room = map->height ? RUNMAP_INNER : RUNMAP_LEAF;
    if (map->root->count == room) {
        struct runmap_node *root = mm_pool_take(&map->nodes);
        root->count = 1;
        root->u.inner.key[0] = 0;
        root->u.inner.child[0] = map->root;
        root->u.inner.usable[0] = usable_of(map->root, map->height == 0, map->top);
        map->root = root;
        map->height++;
    }
    struct runmap_node *node = map->root;
    uint64_t limit = map->top;
    for (int level = map->height; level > 0; level--) {
        bool leaf = level == 1;
        unsigned i = locate(node->u.inner.key, node->count, page);
        if (node->u.inner.child[i]->count == (leaf ? RUNMAP_LEAF : RUNMAP_INNER)) {
            split_child(map, node, i, leaf, limit, page);
            i = locate(node->u.inner.key, node->count, page);
        }
        if (i + 1 < node->count)
            limit = node->u.inner.key[i + 1];
        node = node->u.inner.child[i];
    }
}

/* A new key inside a run: the run is cut there. */
static void insert_key(struct runmap *map, uint64_t page, uint64_t value)
{
    make_room(map, page);
    lift_finger(map);
    const struct runmap_path *path = seek(map, page);
    struct runmap_node *leaf = path->node[0];
    unsigned at = path->index[0] + 1;
    open_leaf(leaf, at);
    leaf->u.leaf.key[at] = page;
    leaf->u.leaf.value[at] = value;
    refresh_path(map, path);
}

/* Joins child i + 1 to child i when both fit well into one node, or there is next to nothing in one of them. */
static bool join_children(struct runmap *map, struct runmap_node *parent, unsigned i, bool leaf)
{
    unsigned most = leaf ? RUNMAP_LEAF : RUNMAP_INNER;
    if (i + 1 >= parent->count)
        return false;
    struct runmap_node *left = parent->u.inner.child[i];
    struct runmap_node *right = parent->u.inner.child[i + 1];
    if (left->count > 1 && right->count > 1)
        most = most * 3 / 4;
    if (left->count + right->count > most)
        return false;
    append(left, right, 0, leaf);
    if (parent->u.inner.usable[i + 1] > parent->u.inner.usable[i])
        parent->u.inner.usable[i] = parent->u.inner.usable[i + 1];
    close_inner(parent, i + 1);
    mm_pool_give(&map->nodes, right);
    return true;
}

static uint64_t first_key(const struct runmap_node *node, bool leaf)
{
    return leaf ? node->u.leaf.key[0] : node->u.inner.key[0];
}

/* Takes the key out of the subtree; drops emptied children, joins sparse ones, corrects the keys on the way. */
static void remove_below(struct runmap *map, struct runmap_node *node, int level, uint64_t page)
{
    if (level == 0) {
        close_leaf(node, locate(node->u.leaf.key, node->count, page), 1);
        return;
    }
    bool leaf = level == 1;
    unsigned i = locate(node->u.inner.key, node->count, page);
    struct runmap_node *child = node->u.inner.child[i];
    remove_below(map, child, level - 1, page);
    if (child->count == 0) {
        mm_pool_give(&map->nodes, child);
        close_inner(node, i);
        return;
    }
    node->u.inner.key[i] = first_key(child, leaf);
    bool sparse = child->count < (leaf ? RUNMAP_LEAF : RUNMAP_INNER) / 4;
    if (sparse && join_children(map, node, i, leaf))
        return;
    if (i > 0 && (sparse || node->u.inner.child[i - 1]->count == 1))
        join_children(map, node, i - 1, leaf);
}

/* Removes the key that `page` is; its pages join the run before it. Never called for page 0. */
static void remove_key(struct runmap *map, uint64_t page)
{
    lift_finger(map);
    remove_below(map, map->root, map->height, page);
    while (map->height > 0 && map->root->count == 1) {
        struct runmap_node *root = map->root;
        map->root = root->u.inner.child[0];
        map->height--;
        mm_pool_give(&map->nodes, root);
    }
    refresh(map, page - 1);
    struct run run = runmap_find(map, page - 1);
    if (run.end < map->top)
        refresh(map, run.end);
}

static void set_value(struct runmap *map, uint64_t page, uint64_t value)
{
    const struct runmap_path *path = seek(map, page);
    path->node[0]->u.leaf.value[path->index[0]] = value;
    refresh_path(map, path);
}

/* The general way, key by key. */
static void set_slowly(struct runmap *map, uint64_t start, uint64_t end, uint64_t value)
{
    struct run run = runmap_find(map, end - 1);
    if (run.end > end)
        insert_key(map, end, run.value);
    run = runmap_find(map, start);
    if (run.start < start)
        insert_key(map, start, run.value);
    for (run = runmap_find(map, start); run.end < end; run = runmap_find(map, start))
        remove_key(map, run.end);
    set_value(map, start, value);
    if (end < map->top && runmap_find(map, end).value == value)
        remove_key(map, end);
    if (start > 0 && runmap_find(map, start - 1).value == value)
        remove_key(map, start);
}

/* The largest free run among some that follow each other up to `limit`. */
static uint64_t usable_among(const uint64_t *key, const uint64_t *value, unsigned count, uint64_t limit)
{
    uint64_t best = 0;
    while (count-- > 0) {
        uint64_t here = value[count] == 0 ? usable_run(key[count], limit) : 0;
        best = here > best ? here : best;
        limit = key[count];
    }
    return best;
}

/* Sparse leaves are joined, but not looked at again with every entry that goes. */
static bool joins_now(const struct runmap *map, unsigned before, unsigned after)
{
    return map->height > 0 && after < before && after < RUNMAP_LEAF / 4 && after / 8 != before / 8;
}

/* Brings the last entry of the leaf on the left into this one, or the first of the one on the right: a run that is
 * about to grow across the border between them, mostly again and again. False when that changes more than one parent.
 */
static bool borrow(struct runmap *map, struct runmap_path *path, bool from_left)
{
    struct runmap_node *leaf = path->node[0];
    struct runmap_node *parent = path->node[1];
    unsigned border = path->index[1] + (from_left ? 0 : 1); /* the child that begins there */
    struct runmap_node *other = parent->u.inner.child[from_left ? border - 1 : border];
    if (leaf->count == RUNMAP_LEAF)
        return false;
    unsigned at = from_left ? 0 : leaf->count; /* here, and */
    unsigned taken = from_left ? other->count - 1 : 0;
    uint64_t key = other->u.leaf.key[taken], value = other->u.leaf.value[taken];
    struct runmap_node *grows = from_left ? leaf : other;
    size_t tail = from_left ? leaf->count : other->count - 1;
    memmove(&grows->u.leaf.key[from_left], &grows->u.leaf.key[!from_left], tail * sizeof(uint64_t));
    memmove(&grows->u.leaf.value[from_left], &grows->u.leaf.value[!from_left], tail * sizeof(uint64_t));
    leaf->u.leaf.key[at] = key;
    leaf->u.leaf.value[at] = value;
    leaf->count++;
    other->count--;
    uint64_t limit = border + 1 < parent->count ? parent->u.inner.key[border + 1] : path->limit[1];
    uint64_t first = from_left ? key : other->count ? other->u.leaf.key[0] : limit;
    if (other->count) {
        parent->u.inner.key[border] = first;
        parent->u.inner.usable[border - 1] = usable_of(parent->u.inner.child[border - 1], true, first);
        parent->u.inner.usable[border] = usable_of(parent->u.inner.child[border], true, limit);
    } else { /* nothing is left there: the two are one */
        parent->u.inner.child[border - 1] = leaf;
        parent->u.inner.usable[border - 1] = usable_of(leaf, true, limit);
        close_inner(parent, border);
        path->index[1] = border - 1;
        mm_pool_give(&map->nodes, other);
    }
    if (from_left)
        map->finger_start = first;
    else
        map->finger_end = path->limit[0] = first;
    path->index[0] += from_left;
    return true;
}

/* The entries beside the leaf count when they have the value that is set: they are brought in. False: they cannot be,
 * or lie under another parent. */
static bool look_beside(struct runmap *map, struct runmap_path *path, uint64_t start, uint64_t end, uint64_t value)
{
    const struct runmap_node *leaf = path->node[0];
    if (leaf->u.leaf.key[0] == start && start > 0) {
        if (map->height == 0 || path->index[1] == 0)
            return false;
        const struct runmap_node *left = path->node[1]->u.inner.child[path->index[1] - 1];
        if (left->u.leaf.value[left->count - 1] == value && !borrow(map, path, true))
            return false;
    }
    if (end == path->limit[0] && end < map->top) {
        if (map->height == 0 || path->index[1] + 1 == path->node[1]->count)
            return false;
        const struct runmap_node *right = path->node[1]->u.inner.child[path->index[1] + 1];
        if (right->u.leaf.value[0] == value && !borrow(map, path, false))
            return false;
    }
    return true;
}

/* The usual way: everything that changes lies inside one leaf, its neighbours at the edges included. */
static bool set_in_leaf(struct runmap *map, uint64_t start, uint64_t end, uint64_t value)
{
    struct runmap_path *path = seek(map, start);
    struct runmap_node *leaf = path->node[0];
    if (end > path->limit[0] || !look_beside(map, path, start, end, value))
        return false;
    uint64_t limit = path->limit[0];
    uint64_t *key = leaf->u.leaf.key;
    uint64_t *values = leaf->u.leaf.value;
    unsigned first = path->index[0];
    unsigned last = first;
    while (last + 1 < leaf->count && key[last + 1] < end)
        last++;
    uint64_t last_end = last + 1 < leaf->count ? key[last + 1] : limit;
    uint64_t new_key[3];
    uint64_t new_value[3];
    unsigned n = 0;
    if (key[first] < start) {
        new_key[n] = key[first];
        new_value[n++] = values[first];
    } else if (first > 0) {
        first--;
        new_key[n] = key[first];
        new_value[n++] = values[first];
    }
    if (n == 0 || new_value[n - 1] != value) {
        new_key[n] = start;
        new_value[n++] = value;
    }
    if (last_end > end) {
        if (values[last] != value) {
            new_key[n] = end;
            new_value[n++] = values[last];
        }
    } else if (last + 1 < leaf->count && values[last + 1] == value) {
        last++;
    }
    unsigned removed = last - first + 1;
    unsigned count = leaf->count - removed + n;
    if (count > RUNMAP_LEAF || joins_now(map, leaf->count, count))
        return false;
    size_t tail = leaf->count - last - 1;
    uint64_t stop = tail ? key[last + 1] : limit;
    uint64_t lost = usable_among(&key[first], &values[first], removed, stop);
    uint64_t gained = usable_among(new_key, new_value, n, stop);
    memmove(&key[first + n], &key[last + 1], tail * sizeof(uint64_t));
    memmove(&values[first + n], &values[last + 1], tail * sizeof(uint64_t));
    memcpy(&key[first], new_key, n * sizeof(uint64_t));
    memcpy(&values[first], new_value, n * sizeof(uint64_t));
    leaf->count = count;
    path->index[0] = first; /* what is asked next lies there or behind it */
    refresh_change(map, path, lost, gained);
    return true;
}

/* Pages became free, in a free run [start, end): searches must not skip them. */
static void note_free(struct runmap *map, uint64_t freed, uint64_t start, uint64_t end)
{
    if (freed < map->free_from)
        map->free_from = freed;
    uint64_t enough = map->skip_size < RUNMAP_USABLE_MOST ? map->skip_size : RUNMAP_USABLE_MOST;
    if (start < map->skip_to && usable_run(start, end) >= enough)
        map->skip_to = start;
}

/* The commonest changes, those of allocation after allocation and release after release: the front of a free run is
 * taken, or a whole run becomes free, with both neighbours in the leaf. */
static inline bool take_front(struct runmap *map, unsigned i, uint64_t start, uint64_t end, uint64_t value)
{
    struct runmap_node *leaf = map->finger.node[0];
    uint64_t run_end = i + 1 < leaf->count ? leaf->u.leaf.key[i + 1] : map->finger_end;
    if (end >= run_end || leaf->u.leaf.value[i] != 0 || leaf->u.leaf.value[i - 1] == value ||
        leaf->count == RUNMAP_LEAF)
        return false;
    open_leaf(leaf, i + 1);
    leaf->u.leaf.value[i] = value;
    leaf->u.leaf.key[i + 1] = end;
    leaf->u.leaf.value[i + 1] = 0;
    map->finger.index[0] = i + 1; /* where the next one is looked for */
    if (map->skip_to == start)
        map->skip_to = end;
    uint64_t lost = usable_run(start, run_end), gained = usable_run(end, run_end);
    if (lost != gained)
        refresh_change(map, &map->finger, lost, gained);
    return true;
}

static inline bool free_whole(struct runmap *map, unsigned i, uint64_t start, uint64_t end)
{
    struct runmap_node *leaf = map->finger.node[0];
    uint64_t *key = leaf->u.leaf.key, *value = leaf->u.leaf.value;
    if (__builtin_expect(i + 1 >= leaf->count || key[i + 1] != end || value[i] == 0, 0))
        return false;
    bool left = value[i - 1] == 0, right = value[i + 1] == 0;
    unsigned going = (unsigned)left + right;
    if (__builtin_expect(joins_now(map, leaf->count, leaf->count - going), 0))
        return false;
    uint64_t free_start = left ? key[i - 1] : start;
    uint64_t free_end = !right ? end : i + 2 < leaf->count ? key[i + 2] : map->finger_end;
    value[i] = 0;
    if (going)
        close_leaf(leaf, left ? i : i + 1, going);
    map->finger.index[0] = left ? i - 1 : i;
    uint64_t gained = usable_run(free_start, free_end);
    for (int level = 1; level <= map->height; level++) {
        uint64_t *usable = &map->finger.node[level]->u.inner.usable[map->finger.index[level]];
        if (*usable >= gained)
            break;
        *usable = gained;
    }
    note_free(map, start, free_start, free_end);
    return true;
}

static inline bool set_quickly(struct runmap *map, uint64_t start, uint64_t end, uint64_t value)
{
    if (__builtin_expect(start < map->finger_start || end > map->finger_end, 0))
        return false;
    const struct runmap_node *leaf = map->finger.node[0];
    unsigned i = locate_near(leaf->u.leaf.key, leaf->count, start, map->finger.index[0]);
    if (__builtin_expect(i == 0 || leaf->u.leaf.key[i] != start, 0))
        return false;
    return value ? take_front(map, i, start, end, value) : free_whole(map, i, start, end);
}

__attribute__((noinline)) static void set_elsewhere(struct runmap *map, uint64_t start, uint64_t end, uint64_t value)
{
    if (!set_in_leaf(map, start, end, value))
        set_slowly(map, start, end, value);
    if (value == 0) {
        struct run run = runmap_find(map, start);
        note_free(map, start, run.start, run.end);
    }
}

void runmap_set(struct runmap *map, uint64_t start, uint64_t end, uint64_t value)
{
    if (__builtin_expect(!set_quickly(map, start, end, value), 0))
        set_elsewhere(map, start, end, value);
}

int runmap_prepare(struct runmap *map, unsigned sets)
{
    return mm_pool_prepare(&map->nodes, runmap_nodes_for(map, sets));
}

int runmap_start(struct runmap *map, uint64_t top, uint64_t value)
{
    *map =
        (struct runmap){.top = top, .free_from = value ? top : 0, .nodes = {.object_size = sizeof(struct runmap_node)}};
    int error = mm_pool_prepare(&map->nodes, 16);
    if (error)
        return error;
    map->root = mm_pool_take(&map->nodes);
    map->root->count = 1;
    map->root->u.leaf.value[0] = value;
    return 0;
}

/* The place for the query in a free run, if it fits. */
static bool fit(uint64_t start, uint64_t end, const struct runmap_query *query, uint64_t *place)
{
    uint64_t mask = query->alignment - 1;
    start = start > query->low ? start : query->low;
    end = end < query->high ? end : query->high;
    if (end < query->size || end - query->size < start)
        return false;
    uint64_t at = query->top_down ? (end - query->size) & ~mask : (start + mask) & ~mask;
    if (at < start || at + query->size > end)
        return false;
    *place = at;
    return true;
}

static bool find_below(const struct runmap_node *node, int level, uint64_t limit, const struct runmap_query *query,
                       uint64_t *place)
{
    const uint64_t *key = level ? node->u.inner.key : node->u.leaf.key;
    unsigned from = query->low >= key[0] ? locate(key, node->count, query->low) : 0;
    unsigned to = query->high > key[0] ? locate(key, node->count, query->high - 1) : 0;
    uint64_t needed = query->size < RUNMAP_USABLE_MOST ? query->size : RUNMAP_USABLE_MOST;
    for (unsigned k = from; k <= to; k++) {
        unsigned i = query->top_down ? to - (k - from) : k;
        uint64_t end = i + 1 < node->count ? key[i + 1] : limit;
        if (level) {
            if (node->u.inner.usable[i] >= needed && find_below(node->u.inner.child[i], level - 1, end, query, place))
                return true;
        } else if (node->u.leaf.value[i] == 0 && fit(key[i], end, query, place)) {
            return true;
        }
    }
    return false;
}

/* The lowest place is often in the leaf that was changed last, right where the search begins. */
static bool find_near(const struct runmap *map, const struct runmap_query *query, uint64_t *place)
{
    if (query->top_down || query->low < map->finger_start || query->low >= map->finger_end)
        return false;
    const struct runmap_node *leaf = map->finger.node[0];
    unsigned from = locate_near(leaf->u.leaf.key, leaf->count, query->low, map->finger.index[0]);
    for (unsigned i = from; i < leaf->count && i < from + 4; i++) {
        uint64_t end = i + 1 < leaf->count ? leaf->u.leaf.key[i + 1] : map->finger_end;
        if (leaf->u.leaf.value[i] == 0 && fit(leaf->u.leaf.key[i], end, query, place))
            return true;
    }
    return false;
}

bool runmap_find_free(struct runmap *map, const struct runmap_query *query, uint64_t *start)
{
    struct runmap_query from = *query;
    if (!query->top_down && query->size >= map->skip_size && query->low < map->skip_to)
        from.low = map->skip_to;
    if (from.low >= from.high)
        return false;
    if (!find_near(map, &from, start) && !find_below(map->root, map->height, map->top, &from, start))
        return false;
    if (!query->top_down && query->low <= map->free_from && query->alignment == RUNMAP_GRANULE &&
        (query->size <= map->skip_size || map->skip_to == 0)) {
        map->skip_size = query->size;
        map->skip_to = *start;
    }
    return true;
}

bool runmap_take(struct runmap *map, uint64_t low, uint64_t size, uint64_t value, uint64_t *start)
{
    struct runmap_node *leaf = map->finger.node[0];
    unsigned i = map->finger.index[0];
    uint64_t at = map->skip_to;
    bool near = at >= low && size >= map->skip_size && at >= map->finger_start && at < map->finger_end;
    if (__builtin_expect(!near || i == 0 || i >= leaf->count || leaf->u.leaf.key[i] != at || at % RUNMAP_GRANULE, 0))
        return false;
    *start = at;
    return take_front(map, i, at, at + size, value);
}

/* Walks a subtree; `previous` is the value of the run before it. */
static const char *validate_below(const struct runmap_node *node, int level, uint64_t start, uint64_t limit,
                                  uint64_t *previous, bool *first)
{
    const uint64_t *key = level ? node->u.inner.key : node->u.leaf.key;
    if (node->count == 0 || node->count > (level ? RUNMAP_INNER : RUNMAP_LEAF))
        return "a node with a wrong number of entries";
    if (key[0] != start)
        return "a node does not begin where its parent says";
    for (unsigned i = 0; i < node->count; i++) {
        uint64_t end = i + 1 < node->count ? key[i + 1] : limit;
        if (key[i] >= end)
            return "keys do not ascend";
        if (level) {
            const struct runmap_node *child = node->u.inner.child[i];
            const char *wrong = validate_below(child, level - 1, key[i], end, previous, first);
            if (wrong)
                return wrong;
            if (node->u.inner.usable[i] != usable_of(child, level == 1, end))
                return "the free space of a subtree is wrong";
        } else {
            if (!*first && node->u.leaf.value[i] == *previous)
                return "equal neighbours are not one run";
            *previous = node->u.leaf.value[i];
            *first = false;
        }
    }
    return NULL;
}

const char *runmap_validate(const struct runmap *map)
{
    uint64_t previous = 0;
    bool first = true;
    return validate_below(map->root, map->height, 0, map->top, &previous, &first);
}
