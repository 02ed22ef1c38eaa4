/* SPDX-License-Identifier: Apache-2.0 */
#include "httpc/httpc_pool.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "httpc/transfer.h"

/* A request in flight, or a place for one. What the transfer points to lives here. */
struct place {
    struct transfer transfer; /* first: a handle's CURLINFO_PRIVATE is its transfer */
    struct httpc_request req;
    struct httpc_response resp;
    char *url;
    void *body;
    httpc_done_fn *done; /* NULL: the place is free */
    bool doomed;         /* see end_all() */
    void *arg;
    struct place *next_free;
};

struct httpc_pool {
    CURLM *multi;
    int timer; /* libcurl waits in whole milliseconds, too coarse to send on time */
    struct place *places;
    size_t max_in_flight;
    struct place *first_free;
    size_t in_flight;
};

struct httpc_pool *httpc_pool_new(size_t max_in_flight, size_t max_body)
{
    struct httpc_pool *p = mem_alloc(1, sizeof(*p));

    p->max_in_flight = max_in_flight;
    p->places = mem_alloc(max_in_flight, sizeof(*p->places));
    for (size_t i = 0; i < max_in_flight; i++) {
        struct place *place = &p->places[i];

        transfer_init(&place->transfer, NULL);
        buf_init(&place->resp.body, max_body);
        place->next_free = p->first_free;
        p->first_free = place;
    }
    p->multi = curl_multi_init();
    assert(p->multi);
    (void)curl_multi_setopt(p->multi, CURLMOPT_MAXCONNECTS, (long)max_in_flight);
    p->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    assert(p->timer >= 0);
    return p;
}

void httpc_pool_free(struct httpc_pool *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < p->max_in_flight; i++) {
        struct place *place = &p->places[i];

        (void)curl_multi_remove_handle(p->multi, place->transfer.easy);
        transfer_clear(&place->transfer);
        httpc_response_clear(&place->resp);
        free(place->url);
        free(place->body);
    }
    (void)curl_multi_cleanup(p->multi);
    (void)close(p->timer);
    free(p->places);
    free(p);
}

size_t httpc_pool_in_flight(const struct httpc_pool *p)
{
    return p->in_flight;
}

bool httpc_pool_full(const struct httpc_pool *p)
{
    return p->in_flight == p->max_in_flight;
}

static void give_back(struct httpc_pool *p, struct place *place)
{
    free(place->url);
    free(place->body);
    place->url = NULL;
    place->body = NULL;
    place->done = NULL;
    place->next_free = p->first_free;
    p->first_free = place;
    p->in_flight--;
}

bool httpc_pool_start(struct httpc_pool *p, const struct httpc_request *req,
                      httpc_done_fn *done, void *arg, struct error *err)
{
    struct place *place = p->first_free;

    assert(place);
    p->first_free = place->next_free;
    p->in_flight++;
    place->req = *req;
    place->req.url = place->url = mem_strdup(req->url);
    place->req.body = place->body = req->body ? mem_dup(req->body, req->body_len) : NULL;
    place->done = done;
    place->arg = arg;
    if (!transfer_begin(&place->transfer, &place->req, &place->resp, err)) {
        give_back(p, place);
        return false;
    }
    place->req.headers = NULL; /* copied by now */
    if (curl_multi_add_handle(p->multi, place->transfer.easy) != CURLM_OK) {
        (void)transfer_error(&place->transfer, ERR_IO, "cannot start", err);
        give_back(p, place);
        return false;
    }
    return true;
}

static void finish(struct httpc_pool *p, struct place *place, CURLcode code)
{
    struct error err;
    bool ok;

    (void)curl_multi_remove_handle(p->multi, place->transfer.easy);
    ok = transfer_end(&place->transfer, code, &err);
    place->done(place->arg, ok ? &place->resp : NULL, ok ? NULL : &err);
    give_back(p, place);
}

/* libcurl cannot go on, such as for want of memory: all that is under way ends, but not
 * what is started meanwhile. */
static size_t end_all(struct httpc_pool *p, CURLMcode why)
{
    size_t ended = 0;

    for (size_t i = 0; i < p->max_in_flight; i++)
        p->places[i].doomed = p->places[i].done != NULL;
    for (size_t i = 0; i < p->max_in_flight; i++) {
        struct place *place = &p->places[i];
        struct error err;

        if (!place->doomed)
            continue;
        (void)curl_multi_remove_handle(p->multi, place->transfer.easy);
        (void)transfer_error(&place->transfer, ERR_IO, curl_multi_strerror(why), &err);
        place->done(place->arg, NULL, &err);
        give_back(p, place);
        ended++;
    }
    return ended;
}

/* How many requests ended. */
static size_t move_along(struct httpc_pool *p)
{
    int running = 0;
    int left = 0;
    size_t ended = 0;
    const CURLMsg *msg;
    CURLMcode m = curl_multi_perform(p->multi, &running);

    if (m != CURLM_OK)
        return end_all(p, m);
    while ((msg = curl_multi_info_read(p->multi, &left))) {
        CURLcode code = msg->data.result; /* msg does not outlive the removal */
        struct place *place = NULL;

        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&place);
        finish(p, place, code);
        ended++;
    }
    return ended;
}

static void set_timer(const struct httpc_pool *p, int64_t until_ns)
{
    struct itimerspec at = {
        .it_value = {.tv_sec = (time_t)(until_ns / 1000000000),
                     .tv_nsec = (long)(until_ns % 1000000000)}
    };

    (void)timerfd_settime(p->timer, TFD_TIMER_ABSTIME, &at, NULL);
}

void httpc_pool_run(struct httpc_pool *p, int64_t until_ns, int wake_fd)
{
    static const struct timespec rest = {.tv_nsec =
                                             10000000}; /* the caller comes again */
    struct curl_waitfd extra[] = {
        {.fd = p->timer, .events = CURL_WAIT_POLLIN},
        {.fd = wake_fd,  .events = CURL_WAIT_POLLIN},
    };

    set_timer(p, until_ns);
    while (move_along(p) == 0 && clock_mono_ns() < until_ns && !extra[1].revents) {
        CURLMcode m = curl_multi_poll(p->multi, extra, wake_fd >= 0 ? 2 : 1, 60000, NULL);

        if (m != CURLM_OK && !end_all(p, m))
            (void)clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL);
        if (m != CURLM_OK)
            return;
    }
}
