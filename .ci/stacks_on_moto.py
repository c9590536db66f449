"""Creates two stacks of `template.yaml` in one account on moto: a service, and a second one for staging.

SAM's own translator converts the template to CloudFormation, and moto creates the resources that it supports. `infra/README.md`,
"What only a real account shows", lists what moto does not check.
"""

import io
import json
import logging
import os
import warnings
import zipfile

os.environ.update(AWS_DEFAULT_REGION="eu-west-1", AWS_ACCESS_KEY_ID="example", AWS_SECRET_ACCESS_KEY="example")

import boto3
from moto import mock_aws
from moto.core.common_models import CloudFormationModel
from samcli.yamlhelper import parse_yaml_file, yaml_dump, yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

# moto warns about each resource that it does not support. The last line of the output lists the created resources.
warnings.filterwarnings("ignore", module="moto.cloudformation.parsing")
logging.getLogger("moto").setLevel(logging.ERROR)
BUCKET = "code"


def teach(service, kind, operation, id_of):
    """Adds a resource type to moto's stacks. moto supports the type only through an operation of the API."""

    def create(cls, name, definition, account, region, **_):
        properties = dict(definition["Properties"])
        if generate := properties.pop("GenerateSecretString", None):
            password = boto3.client("secretsmanager").get_random_password(**generate)["RandomPassword"]
            properties.update(Name=name, SecretString=password)
        answer = getattr(boto3.client(service.lower()), operation)(**properties)
        created = cls()
        created.answer = {**properties, **answer}
        created.physical_resource_id = created.answer[id_of]
        return created

    members = {
        # moto derives the service from this name.
        "__module__": f"moto.{service.lower()}.models",
        "cloudformation_name_type": staticmethod(lambda: ""),
        "cloudformation_type": staticmethod(lambda: f"AWS::{service}::{kind}"),
        "create_from_cloudformation_json": classmethod(create),
        "has_cfn_attr": classmethod(lambda cls, attribute: True),
        "get_cfn_attribute": lambda self, name: self.answer.get(name, name),
        "is_created": lambda self: True,
    }
    return type(kind, (CloudFormationModel,), members)


RESOURCES = [
    teach("ApiGatewayV2", "Api", "create_api", "ApiId"),
    teach("ApiGatewayV2", "Stage", "create_stage", "StageName"),
    teach("ApiGatewayV2", "Integration", "create_integration", "IntegrationId"),
    teach("ApiGatewayV2", "Route", "create_route", "RouteId"),
    teach("SecretsManager", "Secret", "create_secret", "ARN"),
    teach("CloudWatch", "Alarm", "put_metric_alarm", "AlarmName"),
    teach("CloudWatch", "Dashboard", "put_dashboard", "DashboardName"),
]


def code():
    """Returns a package for the functions. moto requires one, but does not run it."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("bootstrap", "")
    return package.getvalue()


def translated(parameters):
    """Returns the template as `sam deploy` sends it to CloudFormation, after the SAM transform."""
    template = yaml_parse(yaml_dump(parse_yaml_file("template.yaml")))
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if "CodeUri" in properties:
            properties["CodeUri"] = f"s3://{BUCKET}/code.zip"
        if "TemplateURL" in properties:
            properties["TemplateURL"] = f"https://s3.amazonaws.com/{BUCKET}/observability.json"
    return Translator({}, Parser()).translate(template, dict(parameters))


def create(name, **parameters):
    """Creates a stack and returns its physical ids by type."""
    cloudformation = boto3.client("cloudformation")
    body = json.dumps(translated(parameters))
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    cloudformation.create_stack(StackName=name, TemplateBody=body, Parameters=given, Capabilities=["CAPABILITY_IAM"])
    status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    assert status == "CREATE_COMPLETE", status
    ids = {}
    for resource in cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]:
        ids.setdefault(resource["ResourceType"], []).append(resource["PhysicalResourceId"])
    return ids


def routes(ids):
    """Returns the keys of the gateway's routes."""
    (api,) = ids["AWS::ApiGatewayV2::Api"]
    return {route["RouteKey"] for route in boto3.client("apigatewayv2").get_routes(ApiId=api)["Items"]}


@mock_aws
def main():
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=BUCKET, Key="code.zip", Body=code())
    s3.put_object(Bucket=BUCKET, Key="observability.json", Body=json.dumps(parse_yaml_file("infra/observability.yaml")))

    mail = {"Sender": "Example <noreply@example.com>", "SesIdentity": "example.com"}
    first = create("latchkey", AlarmEmail="ops@example.com", **mail)
    staging = create(
        "latchkey-staging", CreateSesIdentity="false", SecretKey="s" * 32, JwtPrefix="/api/jwt", FlatPrefix="",
        WebauthnRpId="example.com", **mail,
    )

    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["latchkey", "latchkey-staging"]
    for table in ["latchkey", "latchkey-staging"]:
        described = boto3.client("dynamodb").describe_table(TableName=table)["Table"]
        assert described["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY", described

    functions = {function["FunctionName"]: function for function in boto3.client("lambda").list_functions()["Functions"]}
    assert len(functions) == 24, sorted(functions)
    variables = functions["latchkey-auth"]["Environment"]["Variables"]
    assert variables["LATCHKEY_TABLE"] == "latchkey", variables
    assert not {"HEADLESS_FRONTEND_URLS", "SECRET_KEY_FALLBACKS", "LATCHKEY_SETTINGS"} & set(variables), variables
    variables = functions["latchkey-staging-auth"]["Environment"]["Variables"]
    expected = {
        "LATCHKEY_TABLE": "latchkey-staging", "SECRET_KEY": "s" * 32, "JWT_ALLAUTH_PREFIX": "/api/jwt",
        "HEADLESS_FLAT_PREFIX": "", "MFA_WEBAUTHN_RP_ID": "example.com",
    }
    assert expected.items() <= variables.items(), variables
    (secret,) = first["AWS::SecretsManager::Secret"]
    value = boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
    assert len(value) >= 32 and "AWS::SecretsManager::Secret" not in staging
    given = functions["latchkey-auth"]["Environment"]["Variables"]["SECRET_KEY"]
    assert given in (value, f"{{{{resolve:secretsmanager:{secret}:SecretString}}}}"), given

    usual, moved = routes(first), routes(staging)
    assert usual - moved == {"ANY /auth/{proxy+}", "ANY /jwt-allauth/{proxy+}"}, usual - moved
    assert moved - usual == {"ANY /api/jwt/{proxy+}"}, moved - usual

    alarms = boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]
    metrics = [query for alarm in alarms for query in alarm.get("Metrics", []) if not query["ReturnData"]]
    single = [alarm for alarm in alarms if not alarm.get("Metrics")]
    print(f"{len(usual)} routes, {len(functions)} functions, {len(alarms)} alarms on {len(metrics) + len(single)} metrics")
    print("created:", ", ".join(sorted(filter(None, first))))


main()
