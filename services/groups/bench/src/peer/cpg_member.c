/* A member of a closed process group of corosync, driven like the members of the engine: orders on the standard input,
 * words on the standard output. One thread sends, one dispatches; pings are sent by the thread that dispatches, so that
 * their latency holds no wake-up of ours. */
#include <corosync/cpg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum { TOTAL = 0, FIFO = 1, END = 2, PING = 3 };

/* The first octets of every message, the same as in the engine's member. */
struct head {
    uint8_t kind, senders;
    uint16_t round;
    uint32_t sender;
    uint64_t number;
};

static cpg_handle_t cpg;
static uint32_t self_node, self_pid;
static char message[1 << 20];
static size_t message_bytes;
static uint64_t *pings;
static uint64_t pings_wanted, pings_done, ping_start;
static uint16_t round_now;
static uint64_t delivered, hash, first_ns;
static unsigned ends;

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t step(uint64_t lane, const unsigned char *at) {
    uint64_t word;
    memcpy(&word, at, 8);
    lane = (lane ^ word) * 0x9E3779B97F4A7C15u;
    return lane << 29 | lane >> 35;
}

static uint64_t mix(uint64_t start, const unsigned char *at, size_t length) {
    uint64_t lane[4] = {start, 1, 2, 3};
    for (; length >= 32; length -= 32, at += 32)
        for (int i = 0; i < 4; i++) lane[i] = step(lane[i], at + 8 * i);
    unsigned char rest[32] = {0};
    memcpy(rest, at, length);
    rest[31] = (unsigned char)length;
    for (int i = 0; i < 4; i++) lane[i] = step(lane[i], rest + 8 * i);
    return lane[0] ^ lane[1] ^ lane[2] ^ lane[3];
}

static void put(size_t size) {
    struct iovec part = {message, size};
    while (cpg_mcast_joined(cpg, CPG_TYPE_AGREED, &part, 1) == CS_ERR_TRY_AGAIN) usleep(50);
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void ping(void) {
    struct head head = {PING, 1, 0, self_pid, pings_done};
    memcpy(message, &head, sizeof head);
    ping_start = now_ns();
    put(message_bytes);
}

static void ponged(void) {
    pings[pings_done++] = now_ns() - ping_start;
    if (pings_done < pings_wanted) return ping();
    qsort(pings, pings_done, sizeof *pings, by_value);
    printf("latency %llu %llu\n", (unsigned long long)pings[pings_done / 2],
           (unsigned long long)pings[pings_done * 99 / 100]);
}

static void on_message(cpg_handle_t h, const struct cpg_name *g, uint32_t node, uint32_t pid, void *octets, size_t length) {
    struct head head;
    (void)h, (void)g;
    if (length < sizeof head) return;
    memcpy(&head, octets, sizeof head);
    if (head.kind == PING) {
        if (node == self_node && pid == self_pid) ponged();
        return;
    }
    if (head.round != round_now) {
        round_now = head.round;
        delivered = ends = 0;
        hash = 0;
        first_ns = now_ns();
    }
    delivered++;
    hash = mix(hash, octets, length);
    if (head.kind == END && ++ends == head.senders)
        printf("done %u %llu %016llx %llu\n", head.round, (unsigned long long)delivered, (unsigned long long)hash,
               (unsigned long long)now_ns());
}

static void on_view(cpg_handle_t h, const struct cpg_name *g, const struct cpg_address *m, size_t members,
                    const struct cpg_address *l, size_t left, const struct cpg_address *j, size_t joined) {
    (void)h, (void)g, (void)m, (void)l, (void)left, (void)j, (void)joined;
    printf("view %zu %llu\n", members, (unsigned long long)now_ns());
}

static void *dispatch(void *unused) {
    (void)unused;
    cs_error_t error = cpg_dispatch(cpg, CS_DISPATCH_BLOCKING);
    printf("failed dispatch %d\n", error);
    exit(1);
}

/* Sends for so many milliseconds, and says how much; the last message says that it is the last. */
static void send_for(unsigned round, unsigned senders, unsigned ms, size_t size) {
    struct head head = {TOTAL, (uint8_t)senders, (uint16_t)round, self_node, 0};
    uint64_t start = now_ns(), until = start + ms * 1000000ull;
    do {
        memcpy(message, &head, sizeof head);
        put(size);
        head.number++;
    } while (head.number % 32 || now_ns() < until);
    head.kind = END;
    memcpy(message, &head, sizeof head);
    put(size);
    printf("sent %u %llu %llu\n", round, (unsigned long long)head.number + 1, (unsigned long long)start);
}

int main(void) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    cpg_callbacks_t calls = {.cpg_deliver_fn = on_message, .cpg_confchg_fn = on_view};
    struct cpg_name name = {.length = 5, .value = "bench"};
    for (int tries = 0; cpg_initialize(&cpg, &calls) != CS_OK; tries++) {
        if (tries > 200) return puts("failed cpg_initialize"), 1;
        usleep(50000);
    }
    for (cs_error_t error; (error = cpg_join(cpg, &name)) != CS_OK;) {
        if (error != CS_ERR_TRY_AGAIN) return printf("failed cpg_join %d\n", error), 1;
        usleep(10000);
    }
    cpg_local_get(cpg, &self_node);
    self_pid = (uint32_t)getpid();
    pthread_t thread;
    pthread_create(&thread, NULL, dispatch, NULL);
    char line[256];
    while (fgets(line, sizeof line, stdin)) {
        unsigned a, b, c, d;
        if (sscanf(line, "send %u %u %u %u", &a, &b, &c, &d) == 4) {
            send_for(a, b, c, d);
        } else if (sscanf(line, "ping %u %u", &a, &b) == 2) {
            pings = realloc(pings, a * sizeof *pings);
            pings_wanted = a, pings_done = 0, message_bytes = b;
            ping();
        }
    }
    return 0;
}
