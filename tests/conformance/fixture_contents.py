"""Tools, resources and prompts that the conformance suite asks for by name, answered at once.

They hold one example of every kind of content and touch nothing of the athlete's. What asks the
client something, or tells it something while it works, stands in the neighbouring modules.
"""

import io
import json
import struct
import wave
import zlib
from typing import Annotated, Any

from mcp.server.mcpserver import Audio, Image, MCPServer, UserMessage
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import (
    Completion,
    CompletionArgument,
    EmbeddedResource,
    PromptReference,
    ResourceTemplateReference,
    TextContent,
    TextResourceContents,
)
from pydantic import Field

JSON_SCHEMA_TOOL = "json_schema_2020_12_tool"


def red_pixel() -> bytes:
    """The smallest picture there is: one red pixel as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    row = zlib.compress(b"\x00\xff\x00\x00")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", row) + chunk(b"IEND", b"")


def short_silence() -> bytes:
    """A hundredth of a second of nothing, as WAV."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as recording:
        recording.setparams((1, 1, 8000, 80, "NONE", ""))
        recording.writeframes(bytes([128] * 80))
    return sound.getvalue()


def _embedded(uri: str, text: str, mime_type: str = "text/plain") -> EmbeddedResource:
    return EmbeddedResource(
        resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text),
    )


def simple_text() -> str:
    """One sentence."""
    return "This is a simple text response for testing."


def image() -> Image:
    """A picture."""
    return Image(data=red_pixel(), format="png")


def audio() -> Audio:
    """A sound."""
    return Audio(data=short_silence(), format="wav")


def embedded_resource() -> EmbeddedResource:
    """A resource inside the answer."""
    return _embedded("test://embedded-resource", "This is an embedded resource content.")


def mixed_content() -> list[TextContent | Image | EmbeddedResource]:
    """Text, a picture and a resource in one answer."""
    document = json.dumps({"test": "data", "value": 123})
    return [
        TextContent(text="Multiple content types test:"),
        Image(data=red_pixel(), format="png"),
        _embedded("test://mixed-content-resource", document, "application/json"),
    ]


def failing() -> str:
    """Always fails."""
    raise ToolError("This tool intentionally returns an error for testing")


def routed(
    region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})],
    note: str = "",
) -> str:
    """Has a parameter that clients repeat in a header."""
    return f"region {region}, note {note}"


def any_person(**person: Any) -> str:
    """Its schema uses what JSON Schema 2020-12 has beyond the common."""
    return json.dumps(person)


PERSON_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def simple_prompt() -> str:
    """A prompt without arguments."""
    return "This is a simple prompt for testing."


def prompt_with_arguments(arg1: str, arg2: str) -> str:
    """A prompt with two arguments."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


def prompt_with_resource(resourceUri: str) -> list[UserMessage]:  # noqa: N803 - the suite's name
    """A prompt that carries a resource."""
    return [
        UserMessage(_embedded(resourceUri, "Embedded resource content for testing.")),
        UserMessage("Please process the embedded resource above."),
    ]


def prompt_with_image() -> list[UserMessage]:
    """A prompt that carries a picture."""
    return [
        UserMessage(Image(data=red_pixel(), format="png")),
        UserMessage("Please analyze the image above."),
    ]


def static_text() -> str:
    """A text that never changes."""
    return "This is the content of the static text resource."


def numbered_document(id: str) -> str:  # noqa: A002 - the suite's name
    """A document for every id."""
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


async def complete(
    _reference: PromptReference | ResourceTemplateReference,
    argument: CompletionArgument,
    _context: Any,
) -> Completion:
    """The cities that begin as the argument does."""
    cities = ["paris", "parma", "porto"]
    return Completion(values=[city for city in cities if city.startswith(argument.value)])


TOOLS = {
    "test_simple_text": simple_text,
    "test_image_content": image,
    "test_audio_content": audio,
    "test_embedded_resource": embedded_resource,
    "test_multiple_content_types": mixed_content,
    "test_error_handling": failing,
    "test_header_parameter": routed,
    JSON_SCHEMA_TOOL: any_person,
}

PROMPTS = {
    "test_simple_prompt": simple_prompt,
    "test_prompt_with_arguments": prompt_with_arguments,
    "test_prompt_with_embedded_resource": prompt_with_resource,
    "test_prompt_with_image": prompt_with_image,
}


def add_contents(server: MCPServer[Any]) -> None:
    """Add everything of this module to the server."""
    for name, call in TOOLS.items():
        server.add_tool(call, name=name)
    # The SDK makes schemas from signatures only; what the suite wants no signature expresses.
    tool = server._tool_manager.get_tool(JSON_SCHEMA_TOOL)  # noqa: SLF001
    assert tool is not None
    tool.parameters = PERSON_SCHEMA
    for name, prompt in PROMPTS.items():
        server.prompt(name=name)(prompt)
    server.resource("test://static-text", mime_type="text/plain")(static_text)
    server.resource("test://static-binary", mime_type="image/png")(red_pixel)
    server.resource("test://template/{id}/data", mime_type="application/json")(numbered_document)
    server.completion()(complete)
