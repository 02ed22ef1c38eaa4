# SPDX-License-Identifier: Apache-2.0
# The manifests of k8s/: rendered, validated, judged; and broken, to see that it is noticed.
set(manifests ${PROJECT_SOURCE_DIR}/tests/checks/manifests)
add_test(NAME check.manifests
    COMMAND /usr/bin/python3 ${manifests}/check.py --bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set_tests_properties(check.manifests PROPERTIES
    TIMEOUT 1800 LABELS check SKIP_RETURN_CODE 77 COST 60)
add_test(NAME check.manifests-broken-copies
    COMMAND /usr/bin/python3 ${manifests}/break_copies.py --bin ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set_tests_properties(check.manifests-broken-copies PROPERTIES
    TIMEOUT 2400 LABELS "check;slow" SKIP_RETURN_CODE 77 COST 120)
add_test(NAME check.manifests-programs
    COMMAND ${manifests}/programs.sh ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
set_tests_properties(check.manifests-programs PROPERTIES TIMEOUT 600 LABELS check)

add_test(NAME integration.cluster-verbs
    COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/integration/cluster_verbs.py)
set_tests_properties(integration.cluster-verbs PROPERTIES TIMEOUT 1800 LABELS integration COST 30)
add_test(NAME integration.manage-help
    COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/integration/manage_help.py)
set_tests_properties(integration.manage-help PROPERTIES TIMEOUT 900 LABELS integration)
add_test(NAME integration.manifests-apiserver
    COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/integration/manifests_apiserver.py)
set_tests_properties(integration.manifests-apiserver PROPERTIES
    TIMEOUT 900 LABELS integration SKIP_RETURN_CODE 77 COST 30)

# With the images that images.hardened builds, in the storage that all image tests share.
add_test(NAME images.pods COMMAND /usr/bin/python3 ${PROJECT_SOURCE_DIR}/tests/images/pods.py)
set_tests_properties(images.pods PROPERTIES
    TIMEOUT 1800 LABELS images RUN_SERIAL ON SKIP_RETURN_CODE 77 DEPENDS images.hardened
    ENVIRONMENT PYTHONDONTWRITEBYTECODE=1)
