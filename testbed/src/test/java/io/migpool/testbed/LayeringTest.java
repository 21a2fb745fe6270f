package io.migpool.testbed;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** What the testbed may use of its API server: starting it, injecting faults, and the record of requests. */
@AnalyzeClasses(packages = "io.migpool")
class LayeringTest {

    private static final String SERVER = "io.migpool.testbed.apiserver";

    @ArchTest
    static final ArchRule THE_API_SERVER_IS_ENTERED_BY_ITS_FACE = noClasses()
            .that()
            .resideOutsideOfPackage(SERVER + "..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    SERVER + ".http..",
                    SERVER + ".tables..",
                    SERVER + ".verbs..",
                    SERVER + ".admission..",
                    SERVER + ".kinds..",
                    SERVER + ".cel..",
                    SERVER + ".store..",
                    SERVER + ".selectors..",
                    SERVER + ".request..",
                    SERVER + ".model..");
}
