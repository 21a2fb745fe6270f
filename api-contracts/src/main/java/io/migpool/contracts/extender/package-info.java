/**
 * JSON bodies of the scheduler extender protocol, version 1. Used by the extender's REST resources and by the
 * benchmark's client. The testbed's scheduler writes its own JSON on purpose, so that a mistake here cannot hide.
 */
@NullMarked
package io.migpool.contracts.extender;

import org.jspecify.annotations.NullMarked;
