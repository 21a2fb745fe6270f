/**
 * Label and field selectors, in the spelling of a query parameter and of an object.
 */
@NullMarked
package io.migpool.testbed.apiserver.selectors;

import org.jspecify.annotations.NullMarked;
