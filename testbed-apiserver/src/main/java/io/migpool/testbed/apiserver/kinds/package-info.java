/**
 * What the server does with objects of each kind beyond storing them: names, unknown fields, defaults, validation.
 *
 * <p>A pure room: objects in, objects or field errors out.
 */
@NullMarked
package io.migpool.testbed.apiserver.kinds;

import org.jspecify.annotations.NullMarked;
