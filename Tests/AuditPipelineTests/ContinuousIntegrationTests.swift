import AuditPipeline
import Testing

@Suite struct ContinuousIntegrationTests {
    @Test func attachmentsAreNamedAsTheRunnerFindsThem() {
        let folder = { (path: String, environment: [String: String]) in
            ContinuousIntegration.attachmentFolder(path, environment: environment)
        }
        let gitlab = ["GITLAB_CI": "true", "CI_PROJECT_DIR": "/builds/group/project/"]
        #expect(folder("/builds/group/project/Reports/run", gitlab) == "Reports/run")
        #expect(folder("/builds/group/project", gitlab) == "")
        #expect(folder("/builds/group/project-2/Reports", gitlab) == nil, "not below the project")
        #expect(folder("/elsewhere", gitlab) == nil)
        #expect(folder("/ci/jobs/x/../Reports", ["JENKINS_URL": "https://ci.example.org/"]) == "/ci/jobs/Reports")
        #expect(folder("/ci/jobs", ["JENKINS_URL": ""]) == nil)
        #expect(folder("/ci/jobs", [:]) == nil, "a report does not depend on where it is written")
    }
}
