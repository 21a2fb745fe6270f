/**
 * The documentation and the manifests, run instead of read: every example, link, key and object that a person is given.
 * Reads the files of the repository; nobody enters.
 */
@NullMarked
package io.migpool.testbed.docs;

import org.jspecify.annotations.NullMarked;
