/* SPDX-License-Identifier: Apache-2.0 */
/* fingerprint.h - a number that tells texts apart: FNV-1a, 64 bits. Against accidents,
 * not against an adversary. */
#ifndef STORE_FINGERPRINT_H
#define STORE_FINGERPRINT_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t fingerprint(const char *bytes, size_t n)
{
    uint64_t print = 0xcbf29ce484222325U;

    for (size_t i = 0; i < n; i++)
        print = (print ^ (unsigned char)bytes[i]) * 0x100000001b3U;
    return print;
}

#endif
