/**
 * JSON bodies of the scheduler extender protocol, version 1.
 * The extender serves them and the testbed's scheduler sends them; nobody else needs them.
 */
@NullMarked
package io.migpool.contracts.extender;

import org.jspecify.annotations.NullMarked;
