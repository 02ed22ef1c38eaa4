/* SPDX-License-Identifier: Apache-2.0 */
/* split.h - how an object of the API shares traffic out among backends, whatever its
 * kind: what is kept of it, where the arms are in it, and the patch that moves weights.
 *
 * Pure. What is not here (matches, filters, timeouts, ...) is the user's, is not kept and
 * not sent.
 */
#ifndef DATAPLANE_SPLIT_H
#define DATAPLANE_SPLIT_H

#include "dataplane/dataplane.h"
#include "kube/kind.h"
#include "json/json.h"

struct split_backend {
    const char *host;      /* as the object has it */
    const char *service;   /* the Service it means, "" when it is something else */
    const char *namespace; /* of the Service */
    const char *subset;    /* "" without one */
    int64_t port;          /* 0: not stated */
    int64_t weight;        /* in force: what is left out has its default */
    char *texts;           /* where they are */
};

struct split_rule {
    char *name; /* "" without one */
    struct split_backend *backends;
    size_t count;
};

struct split {
    int64_t generation; /* 0: not known */
    struct split_rule *rules;
    size_t count;
    enum reason trouble; /* what the gateways say; see struct dataplane_report */
    char *message;       /* NULL without trouble */
    char *owner;         /* uid of the object that controls it; NULL: none */
    int64_t made_for;    /* generation of the BanditRoute it was made from; 0: none */
};

/* The annotation that tells it. */
#define SPLIT_MADE_FOR "bandit-router.dev/generation"

/* A kind of object that splits traffic. */
struct split_kind {
    const char *kind;                 /* of spec.targetRef */
    const struct kube_kind *versions; /* the newest first */
    size_t version_count;
    uint32_t units; /* a rule's weights are made to sum to this */
    /* /spec/<rules>/I/<backends>/J/<host> is a JSON Pointer to a backend's host. */
    const char *rules, *backends, *host;
    /* Fill in rules and trouble; what is malformed is taken as not there. */
    void (*read)(const struct json *object, struct split *s);
    /* A spec from the route's template, with the arms' weights. */
    struct json *(*make)(const struct bandit_route *r, const uint32_t *units);
};

extern const struct split_kind split_httproute, split_virtualservice;

/* ---- objects ------------------------------------------------------------------------
 */

struct split *split_parse(const struct split_kind *kind, const struct json *object);
void split_free(struct split *s);
DEFINE_FREEP(struct split *, split_free)

/* For kinds: add a rule, add a backend to the last one. Texts are copied. */
struct split_rule *split_add_rule(struct split *s, const char *name);
void split_add_backend(struct split *s, const struct split_backend *backend);
/* Note what a gateway says, unless something worse was noted. */
void split_add_trouble(struct split *s, enum reason trouble, const char *message);

/* ---- with a route -------------------------------------------------------------------
 */

/* Weights in force, trouble, units; `ready` is left as it is. A weight on which rules
 * disagree is NAN. ERR_INVALID: there is no rule with one backend for each arm, or none
 * of that name, or a backend that is no arm has a weight in it. */
bool split_report(const struct split_kind *kind, const struct split *s,
                  const struct bandit_route *r, struct dataplane_report *report,
                  struct error *err);

/* Is there a rule whose weights both routes are to set? */
bool split_overlap(const struct split *s, const struct bandit_route *a,
                   const struct bandit_route *b);

/* A JSON Patch (RFC 6902) that gives every such rule these weights, or NULL. It touches
 * weights only, and none but those that are other now, of which there are *changes. It
 * fails as a whole when the spec is not what `s` was read from. */
struct json *split_patch(const struct split_kind *kind, const struct split *s,
                         const struct bandit_route *r, const double *weights,
                         size_t *changes, struct error *err);

/* The whole object, of a route that has a template; or NULL. */
struct json *split_make(const struct split_kind *kind, const struct kube_kind *version,
                        const struct bandit_route *r, const double *weights,
                        struct error *err);

/* For the tables of kinds. */
struct json *split_make_httproute(const struct bandit_route *r, const uint32_t *units);
struct json *split_make_virtualservice(const struct bandit_route *r,
                                       const uint32_t *units);

#endif
