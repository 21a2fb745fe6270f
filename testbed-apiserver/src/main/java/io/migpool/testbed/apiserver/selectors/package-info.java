/** Label and field selectors, in the form of a query parameter or an object. */
@NullMarked
package io.migpool.testbed.apiserver.selectors;

import org.jspecify.annotations.NullMarked;
