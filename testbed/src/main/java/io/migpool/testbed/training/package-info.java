/**
 * Lets the applications of new images run once in an embedded cluster, so that their JVMs know beforehand what each start would
 * teach them. Only the build of the images enters here.
 */
@NullMarked
package io.migpool.testbed.training;

import org.jspecify.annotations.NullMarked;
