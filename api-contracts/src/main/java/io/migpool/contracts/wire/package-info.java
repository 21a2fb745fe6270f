/**
 * Codecs of the annotations that the applications exchange through Pods and Nodes: strict in what they write, tolerant
 * of unknown fields, precise about errors. Every application may use them.
 */
@NullMarked
package io.migpool.contracts.wire;

import org.jspecify.annotations.NullMarked;
