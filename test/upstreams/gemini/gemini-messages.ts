import type { Message } from './proto-json.ts'

// The messages of the Gemini API (v1beta) as its reference and the types of `@google/genai` have them, without fields of
// Google's enterprise platform, which the Gemini API does not know.

const blob: Message = { mimeType: 'string', data: 'bytes' }
const fileData: Message = { mimeType: 'string', fileUri: 'string' }

export const part: Message = {
  text: 'string',
  inlineData: { message: blob },
  fileData: { message: fileData },
  functionCall: { message: { id: 'string', name: 'string', args: 'struct' } },
  functionResponse: {
    message: {
      id: 'string',
      name: 'string',
      response: 'struct',
      parts: { list: { message: { inlineData: { message: blob }, fileData: { message: fileData } } } },
      scheduling: 'string',
      willContinue: 'boolean',
    },
  },
  executableCode: { message: { language: 'string', code: 'string', id: 'string' } },
  codeExecutionResult: { message: { outcome: 'string', output: 'string', id: 'string' } },
  toolCall: 'struct',
  toolResponse: 'struct',
  thought: 'boolean',
  thoughtSignature: 'bytes',
  videoMetadata: 'struct',
  mediaResolution: 'struct',
  partMetadata: 'struct',
}

export const content: Message = { role: 'string', parts: { list: { message: part } } }

const functionDeclaration: Message = {
  name: 'string',
  description: 'string',
  behavior: 'string',
  parameters: 'struct',
  parametersJsonSchema: 'any',
  response: 'struct',
  responseJsonSchema: 'any',
}

const tool: Message = {
  functionDeclarations: { list: { message: functionDeclaration } },
  googleSearch: 'struct',
  googleSearchRetrieval: 'struct',
  googleMaps: 'struct',
  codeExecution: 'struct',
  urlContext: 'struct',
  fileSearch: 'struct',
  computerUse: 'struct',
  mcpServers: 'any',
}

const toolConfig: Message = {
  functionCallingConfig: {
    message: {
      mode: { words: ['MODE_UNSPECIFIED', 'AUTO', 'ANY', 'NONE', 'VALIDATED'] },
      allowedFunctionNames: { list: 'string' },
    },
  },
  retrievalConfig: 'struct',
  includeServerSideToolInvocations: 'boolean',
}

const generationConfig: Message = {
  temperature: 'number',
  topP: 'number',
  topK: 'number',
  candidateCount: 'integer',
  maxOutputTokens: 'integer',
  stopSequences: { list: 'string' },
  seed: 'integer',
  presencePenalty: 'number',
  frequencyPenalty: 'number',
  responseLogprobs: 'boolean',
  logprobs: 'integer',
  responseMimeType: 'string',
  responseSchema: 'struct',
  responseJsonSchema: 'any',
  responseModalities: { list: { words: ['TEXT', 'IMAGE', 'AUDIO'] } },
  mediaResolution: 'string',
  speechConfig: 'struct',
  imageConfig: 'struct',
  thinkingConfig: {
    message: {
      includeThoughts: 'boolean',
      thinkingBudget: 'integer',
      thinkingLevel: { words: ['THINKING_LEVEL_UNSPECIFIED', 'MINIMAL', 'LOW', 'MEDIUM', 'HIGH'] },
    },
  },
  enableEnhancedCivicAnswers: 'boolean',
}

export const generateContentRequest: Message = {
  model: 'string',
  contents: { list: { message: content } },
  systemInstruction: { message: content },
  tools: { list: { message: tool } },
  toolConfig: { message: toolConfig },
  generationConfig: { message: generationConfig },
  safetySettings: { list: 'struct' },
  cachedContent: 'string',
  serviceTier: { words: ['unspecified', 'flex', 'standard', 'priority'] },
  store: 'boolean',
}

export const countTokensRequest: Message = {
  contents: { list: { message: content } },
  generateContentRequest: { message: generateContentRequest },
}

export const batchEmbedRequest: Message = {
  requests: {
    list: {
      message: {
        model: 'string',
        content: { message: content },
        taskType: 'string',
        title: 'string',
        outputDimensionality: 'integer',
      },
    },
  },
}
