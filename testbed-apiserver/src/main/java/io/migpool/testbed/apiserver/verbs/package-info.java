/**
 * The verbs: reading, writing, binding and evicting objects.
 *
 * <p>{@link io.migpool.testbed.apiserver.verbs.Verbs} is the entry point; nothing here knows HTTP.
 */
@NullMarked
package io.migpool.testbed.apiserver.verbs;

import org.jspecify.annotations.NullMarked;
