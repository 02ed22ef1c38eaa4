/* SPDX-License-Identifier: Apache-2.0 */
/* metadata.h - the metadata_props keys that the trainer writes and the server reads.
 *
 * Every one of them may be missing: a model from elsewhere has none.
 */
#ifndef ENGINE_METADATA_H
#define ENGINE_METADATA_H

enum { METADATA_KEYS = 12 }; /* how many there are */

#define METADATA_NAME          "model_name"
#define METADATA_KIND          "model_kind"      /* "logistic-regression", ... */
#define METADATA_DATASET       "dataset"         /* "digits" */
#define METADATA_CLASS_NAMES   "class_names"     /* JSON array of strings */
#define METADATA_FEATURE_NAMES "feature_names"   /* JSON array of strings */
#define METADATA_ACCURACY      "accuracy"        /* mean over the folds, 0 to 1 */
#define METADATA_ACCURACY_STD  "accuracy_std"    /* its spread over the folds */
#define METADATA_FOLDS         "folds"           /* how many there were */
#define METADATA_TRAINING_ROWS "training_rows"   /* rows of the final fit */
#define METADATA_TRAINED_AT    "trained_at"      /* RFC 3339 */
#define METADATA_SEED          "seed"            /* of folds and of training */
#define METADATA_REFERENCE     "drift_reference" /* JSON; see reference.h */

#endif
