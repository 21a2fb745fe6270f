/**
 * What can be done with objects: reading, writing, binding, evicting.
 *
 * <p>Entered through {@link io.migpool.testbed.apiserver.verbs.Verbs}; nothing here knows HTTP.
 */
@NullMarked
package io.migpool.testbed.apiserver.verbs;

import org.jspecify.annotations.NullMarked;
