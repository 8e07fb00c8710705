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
        #expect(folder("/ci/work/x/../Reports", ["JENKINS_URL": "https://ci.example.org/"]) == "/ci/work/Reports")
        #expect(folder("/ci/work", ["JENKINS_URL": ""]) == nil)
        #expect(folder("/ci/work", [:]) == nil, "a report does not depend on where it is written")
    }
}
