/* SPDX-License-Identifier: Apache-2.0 */
/* curl_faults.h - libcurl that cannot go on, such as for want of memory. For a program
 * that is linked with --wrap of the two functions (see areas/httpc.cmake). */
#ifndef SUPPORT_CURL_FAULTS_H
#define SUPPORT_CURL_FAULTS_H

#include <curl/curl.h>

static CURLMcode perform_fault, poll_fault; /* what they answer instead of working */

CURLMcode real_perform(CURLM *m, int *running) __asm__("__real_curl_multi_perform");
CURLMcode faulty_perform(CURLM *m, int *running) __asm__("__wrap_curl_multi_perform");
CURLMcode real_poll(CURLM *m, struct curl_waitfd *more, unsigned n, int timeout_ms,
                    int *ready) __asm__("__real_curl_multi_poll");
CURLMcode faulty_poll(CURLM *m, struct curl_waitfd *more, unsigned n, int timeout_ms,
                      int *ready) __asm__("__wrap_curl_multi_poll");

CURLMcode faulty_perform(CURLM *m, int *running)
{
    return perform_fault ? perform_fault : real_perform(m, running);
}

CURLMcode faulty_poll(CURLM *m, struct curl_waitfd *more, unsigned n, int timeout_ms,
                      int *ready)
{
    return poll_fault ? poll_fault : real_poll(m, more, n, timeout_ms, ready);
}

#endif
