/**
 * Codecs of the annotations that the apps exchange through Pods and Nodes.
 * Strict in what they write, tolerant of unknown fields, exact about what is malformed; every app may use them.
 */
@NullMarked
package io.migpool.contracts.wire;

import org.jspecify.annotations.NullMarked;
